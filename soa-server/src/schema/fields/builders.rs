//! Builder methods that several fields share.

/// The builder method every field has.
macro_rules! described {
    () => {
        /// Says for people what the value means.
        #[must_use]
        pub fn description(mut self, description: impl Into<String>) -> Self {
            self.description = Some(description.into());
            self
        }
    };
}

/// The builder methods of what lies in a range of such bounds.
macro_rules! bounded {
    ($bound:ty) => {
        bounded_exclusively!($bound);

        /// The value is this or more.
        #[must_use]
        pub fn gte(mut self, bound: impl Into<$bound>) -> Self {
            self.bounds.gte = Some(bound.into());
            self
        }

        /// The value is this or less.
        #[must_use]
        pub fn lte(mut self, bound: impl Into<$bound>) -> Self {
            self.bounds.lte = Some(bound.into());
            self
        }
    };
}

/// Those of them that leave the bound itself out.
macro_rules! bounded_exclusively {
    ($bound:ty) => {
        /// The value is greater than this.
        #[must_use]
        pub fn gt(mut self, bound: impl Into<$bound>) -> Self {
            self.bounds.gt = Some(bound.into());
            self
        }

        /// The value is less than this.
        #[must_use]
        pub fn lt(mut self, bound: impl Into<$bound>) -> Self {
            self.bounds.lt = Some(bound.into());
            self
        }
    };
}

/// The builder method of what takes an additional validator.
macro_rules! validated {
    () => {
        /// Runs this when nothing else is wrong with the value.
        #[must_use]
        pub fn additional_validator(mut self, validator: AdditionalValidator) -> Self {
            self.additional_validator = Some(validator);
            self
        }
    };
}

/// `new` and `description` of fields that have nothing else to be given at first.
macro_rules! field {
    ($field:ident, $what:literal, $($more:item)*) => {
        impl $field {
            #[doc = $what]
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            described!();
            $($more)*
        }
    };
}

/// The builder methods of what has a length.
macro_rules! lengths {
    () => {
        /// The least number of code points, bytes, elements or entries.
        #[must_use]
        pub fn min_length(mut self, length: usize) -> Self {
            self.min_length = Some(length);
            self
        }

        /// The greatest number of code points, bytes, elements or entries.
        #[must_use]
        pub fn max_length(mut self, length: usize) -> Self {
            self.max_length = Some(length);
            self
        }
    };
}

/// The builder method of what may be told to hold something.
macro_rules! blankable {
    () => {
        /// There must be more than white space in it: Conformity's `allow_blank=False`.
        #[must_use]
        pub fn not_blank(mut self) -> Self {
            self.is_not_blank = true;
            self
        }
    };
}
