//! Texts and bytes, with and without a form of their own.

/// A text.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct UnicodeString {
    /// What the value means.
    pub description: Option<String>,
    /// The least number of code points.
    pub min_length: Option<usize>,
    /// The greatest number of code points.
    pub max_length: Option<usize>,
    /// Whether it must hold more than white space.
    pub is_not_blank: bool,
}

field!(UnicodeString, "Any text.", lengths!(); blankable!(););

/// Bytes; a text is none.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ByteString {
    /// What the value means.
    pub description: Option<String>,
    /// The least number of bytes.
    pub min_length: Option<usize>,
    /// The greatest number of bytes.
    pub max_length: Option<usize>,
    /// Whether there must be more than white space.
    pub is_not_blank: bool,
}

field!(ByteString, "Any bytes.", lengths!(); blankable!(););

/// A text that Python's `decimal.Decimal` reads.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct UnicodeDecimal {
    /// What the value means.
    pub description: Option<String>,
}

field!(UnicodeDecimal, "A decimal number written as a text.",);

/// An e-mail address.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct EmailAddress {
    /// What the value means.
    pub description: Option<String>,
    /// The least number of code points.
    pub min_length: Option<usize>,
    /// The greatest number of code points.
    pub max_length: Option<usize>,
    /// Whether it must hold more than white space.
    pub is_not_blank: bool,
    /// Domains that need not look like one; by default only `localhost`.
    pub domain_whitelist: Option<Vec<String>>,
}

field!(
    EmailAddress,
    "Any e-mail address.",
    lengths!();
    blankable!();

    /// Domains that need not look like one, in place of `localhost`.
    #[must_use]
    pub fn domain_whitelist<D: Into<String>>(mut self, domains: impl IntoIterator<Item = D>) -> Self {
        self.domain_whitelist = Some(domains.into_iter().map(Into::into).collect());
        self
    }
);

/// An address of either version of the internet protocol.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct IpAddress {
    /// What the value means.
    pub description: Option<String>,
}

field!(IpAddress, "An address of either version of the internet protocol.",);

/// An address of version 4 of the internet protocol.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Ipv4Address {
    /// What the value means.
    pub description: Option<String>,
}

field!(Ipv4Address, "An address of version 4 of the internet protocol.",);

/// An address of version 6 of the internet protocol.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Ipv6Address {
    /// What the value means.
    pub description: Option<String>,
}

field!(Ipv6Address, "An address of version 6 of the internet protocol.",);
