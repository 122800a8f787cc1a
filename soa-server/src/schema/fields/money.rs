//! Money and countries.

use super::{Bounds, Constant, Dictionary, Integer, Number, UnicodeString, codes::CURRENCIES};

/// The builder method of what is limited to some currencies.
macro_rules! currencies {
    () => {
        /// The currencies that are taken; all when none is given, as in Conformity.
        #[must_use]
        pub fn valid_currencies<C: Into<String>>(mut self, codes: impl IntoIterator<Item = C>) -> Self {
            self.valid_currencies =
                Some(codes.into_iter().map(Into::into).collect()).filter(|codes: &Vec<_>| !codes.is_empty());
            self
        }
    };
}

/// An amount of money, with bounds on its minor units.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Amount {
    /// What the value means.
    pub description: Option<String>,
    /// The currencies that are taken; `None` for all.
    pub valid_currencies: Option<Vec<String>>,
    /// The range of its minor units.
    pub bounds: Bounds,
}

field!(Amount, "Any amount of money.", currencies!(); bounded!(Number););

/// An amount of money as a text: `USD,1599` or `USD:1599`, in minor units.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct AmountString {
    /// What the value means.
    pub description: Option<String>,
    /// The currencies that are taken; `None` for all.
    pub valid_currencies: Option<Vec<String>>,
    /// The range of its minor units.
    pub bounds: Bounds,
}

field!(AmountString, "Any amount of money.", currencies!(); bounded!(Number););

/// The code of a currency.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CurrencyCode {
    /// What the value means.
    pub description: Option<String>,
    /// The codes that are taken; `None` for all.
    pub values: Option<Vec<String>>,
}

field!(
    CurrencyCode,
    "Any currency.",
    /// The codes that are taken.
    #[must_use]
    pub fn values<C: Into<String>>(mut self, codes: impl IntoIterator<Item = C>) -> Self {
        self.values = Some(codes.into_iter().map(Into::into).collect());
        self
    }
);

/// The two-letter code of a country.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CountryCode {
    /// What the value means.
    pub description: Option<String>,
    /// The codes that are taken; `None` for all.
    pub values: Option<Vec<String>>,
}

field!(
    CountryCode,
    "Any country.",
    /// The codes that are taken.
    #[must_use]
    pub fn values<C: Into<String>>(mut self, codes: impl IntoIterator<Item = C>) -> Self {
        self.values = Some(codes.into_iter().map(Into::into).collect());
        self
    }
);

impl Dictionary {
    /// An amount of money as requests carry it: `{currency, value}`, the value in minor units and in the bounds that
    /// `value` has. All currencies are taken when none is given.
    ///
    /// ```
    /// use soa_server::schema::{Dictionary, Integer};
    ///
    /// let price = Dictionary::amount_request(["EUR", "USD"], Integer::new().gte(0)).description("What it costs");
    /// let anything_goes = Dictionary::amount_request([""; 0], Integer::new());
    /// ```
    #[must_use]
    pub fn amount_request<C: Into<String>>(valid_currencies: impl IntoIterator<Item = C>, value: Integer) -> Self {
        let mut currencies: Vec<String> = valid_currencies.into_iter().map(Into::into).collect();
        if currencies.is_empty() {
            currencies = CURRENCIES.iter().map(|code| (*code).to_owned()).collect();
        }
        Self::new().required("currency", Constant::new(currencies)).required("value", value)
    }

    /// An amount of money as responses carry it: `{currency, value, major_value, display}`, of any currency and value.
    /// [`make_optional`](Self::make_optional) lets `major_value` or `display` be absent.
    #[must_use]
    pub fn amount_response() -> Self {
        Self::amount_request([""; 0], Integer::new())
            .required("major_value", UnicodeString::new())
            .required("display", UnicodeString::new())
    }
}
