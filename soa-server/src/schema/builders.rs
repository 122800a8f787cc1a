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

/// The builder methods of bounded numbers.
macro_rules! bounded {
    () => {
        /// The value is greater than this.
        #[must_use]
        pub fn gt(mut self, bound: impl Into<Number>) -> Self {
            self.bounds.gt = Some(bound.into());
            self
        }

        /// The value is less than this.
        #[must_use]
        pub fn lt(mut self, bound: impl Into<Number>) -> Self {
            self.bounds.lt = Some(bound.into());
            self
        }

        /// The value is this or more.
        #[must_use]
        pub fn gte(mut self, bound: impl Into<Number>) -> Self {
            self.bounds.gte = Some(bound.into());
            self
        }

        /// The value is this or less.
        #[must_use]
        pub fn lte(mut self, bound: impl Into<Number>) -> Self {
            self.bounds.lte = Some(bound.into());
            self
        }
    };
}

/// The builder methods of what has a length.
macro_rules! lengths {
    () => {
        /// The least number of code points, elements or entries.
        #[must_use]
        pub fn min_length(mut self, length: usize) -> Self {
            self.min_length = Some(length);
            self
        }

        /// The greatest number of code points, elements or entries.
        #[must_use]
        pub fn max_length(mut self, length: usize) -> Self {
            self.max_length = Some(length);
            self
        }
    };
}
