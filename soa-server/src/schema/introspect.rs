//! A schema as the map that introspection shows: Conformity's form, key order included (`docs/protocol.md`, section 5).

use soa_common::{Map, Value};

use super::{
    AdditionalValidator, Anything, Bounds, Constant, Delta, Dictionary, Hashable, Moment, Number, Schema,
    SchemalessDictionary,
    fields::{COUNTRIES, CURRENCIES},
    python::{by_kind_and_value, print},
};

impl Schema {
    /// The schema in the form of Conformity's introspection: a map whose first key is `type`. What is not set is left
    /// out.
    ///
    /// ```
    /// use soa_server::schema::{Integer, Schema};
    ///
    /// let schema = Schema::nullable(Integer::new().gte(1).description("The page"));
    /// assert_eq!(
    ///     soa_common::Value::from(schema.introspect()).to_string(),
    ///     r#"{"type":"nullable","nullable":{"type":"integer","description":"The page","gte":1}}"#
    /// );
    /// ```
    #[must_use]
    pub fn introspect(&self) -> Map {
        match self {
            Self::Anything(field) => Shown::new("anything").described(&field.description),
            Self::Hashable(field) => Shown::new("hashable").described(&field.description),
            Self::Null => Shown::new("null"),
            Self::Boolean(field) => Shown::new("boolean").described(&field.description),
            Self::Integer(field) => Shown::new("integer").described(&field.description).bounds(&field.bounds),
            Self::Float(field) => Shown::new("float").described(&field.description).bounds(&field.bounds),
            Self::Decimal(field) => Shown::new("decimal").described(&field.description).bounds(&field.bounds),
            Self::Constant(field) => {
                Shown::new("constant").with("values", constants(field)).described(&field.description)
            }
            Self::UnicodeString(field) => Shown::new("unicode")
                .described(&field.description)
                .length("min_length", field.min_length)
                .length("max_length", field.max_length)
                .maybe("allow_blank", field.is_not_blank.then_some(false)),
            Self::ByteString(field) => Shown::new("bytes")
                .described(&field.description)
                .length("min_length", field.min_length)
                .length("max_length", field.max_length)
                .maybe("allow_blank", field.is_not_blank.then_some(false)),
            Self::UnicodeDecimal(field) => Shown::new("unicode_decimal").described(&field.description),
            Self::EmailAddress(field) => Shown::new("email_address")
                .described(&field.description)
                .maybe("domain_whitelist", field.domain_whitelist.as_deref().and_then(domains)),
            Self::IpAddress(field) => Shown::new("ip_address")
                .described(&field.description)
                .with("options", list([Shown::new("ipv4_address").0, Shown::new("ipv6_address").0])),
            Self::Ipv4Address(field) => Shown::new("ipv4_address").described(&field.description),
            Self::Ipv6Address(field) => Shown::new("ipv6_address").described(&field.description),
            Self::Date(field) => Shown::new("date").described(&field.description).bounds(&field.bounds),
            Self::Time(field) => Shown::new("time").described(&field.description).bounds(&field.bounds),
            Self::DateTime(field) => Shown::new("datetime").described(&field.description).bounds(&field.bounds),
            Self::TimeDelta(field) => Shown::new("timedelta").described(&field.description).bounds(&field.bounds),
            Self::TzInfo(field) => Shown::new("tzinfo").described(&field.description),
            Self::Amount(field) => Shown::new("currint.Amount")
                .described(&field.description)
                .with("valid_currencies", currencies(field.valid_currencies.as_deref()))
                .bounds(&field.bounds),
            Self::AmountString(field) => Shown::new("currency_amount_string")
                .described(&field.description)
                .with("valid_currencies", currencies(field.valid_currencies.as_deref()))
                .bounds(&field.bounds),
            Self::CurrencyCode(field) => Shown::new("currency_code_field")
                .with("values", codes(field.values.as_deref(), CURRENCIES))
                .described(&field.description),
            Self::CountryCode(field) => Shown::new("country_code_field")
                .with("values", codes(field.values.as_deref(), COUNTRIES))
                .described(&field.description),
            Self::List(field) => Shown::new("list")
                .with("contents", field.contents.introspect())
                .length("max_length", field.max_length)
                .length("min_length", field.min_length)
                .described(&field.description)
                .validated(field.additional_validator.as_ref()),
            Self::Sequence(field) => Shown::new("sequence")
                .with("contents", field.contents.introspect())
                .length("max_length", field.max_length)
                .length("min_length", field.min_length)
                .described(&field.description)
                .validated(field.additional_validator.as_ref()),
            Self::Set(field) => Shown::new("set")
                .with("contents", field.contents.introspect())
                .length("max_length", field.max_length)
                .length("min_length", field.min_length)
                .described(&field.description)
                .validated(field.additional_validator.as_ref()),
            Self::Tuple(field) => Shown::new("tuple")
                .with("contents", list(field.contents.iter().map(Self::introspect)))
                .described(&field.description)
                .validated(field.additional_validator.as_ref()),
            Self::Dictionary(field) => dictionary(field),
            Self::SchemalessDictionary(field) => schemaless(field),
            Self::Nullable(inner) => Shown::new("nullable").with("nullable", inner.introspect()),
            Self::Any(field) => Shown::new("any")
                .described(&field.description)
                .with("options", list(field.options.iter().map(Self::introspect))),
            Self::All(field) => Shown::new("all")
                .described(&field.description)
                .with("requirements", list(field.requirements.iter().map(Self::introspect))),
            Self::Polymorph(field) => {
                let contents = field.contents_map.iter().map(|(value, schema)| (value.clone(), schema.introspect()));
                Shown::new("polymorph")
                    .described(&field.description)
                    .with("switch_field", field.switch_field.as_str())
                    .with("contents_map", contents.collect::<Map>())
            }
            Self::BooleanValidator(field) => Shown::new("boolean_validator")
                .described(&field.description)
                .with("validator", field.validator.as_str()),
            Self::ObjectInstance(field) => {
                Shown::new("object_instance").described(&field.description).with("valid_type", field.python_type())
            }
            Self::Deprecated(inner) => Shown(inner.introspect()).with("deprecated", true),
        }
        .0
    }
}

fn dictionary(field: &Dictionary) -> Shown {
    let contents = field.contents.iter().map(|entry| (entry.key.clone(), entry.schema.introspect()));
    let mut optional: Vec<_> =
        field.contents.iter().filter(|entry| entry.is_optional).map(|entry| entry.key.clone()).collect();
    optional.sort_by(by_kind_and_value);
    let order = || field.contents.iter().map(|entry| entry.key.clone()).collect::<Vec<_>>();
    Shown::new("dictionary")
        .with("contents", contents.collect::<Map>())
        .with("optional_keys", optional)
        .with("allow_extra_keys", field.allow_extra_keys)
        .described(&field.description)
        .maybe("display_order", field.is_ordered.then(order))
        .validated(field.additional_validator.as_ref())
}

fn schemaless(field: &SchemalessDictionary) -> Shown {
    // A description does not make a difference: what takes everything has nothing to show.
    let keys = (!matches!(*field.key_type, Schema::Hashable(Hashable { .. }))).then(|| field.key_type.introspect());
    let values =
        (!matches!(*field.value_type, Schema::Anything(Anything { .. }))).then(|| field.value_type.introspect());
    Shown::new("schemaless_dictionary")
        .length("max_length", field.max_length)
        .length("min_length", field.min_length)
        .described(&field.description)
        .validated(field.additional_validator.as_ref())
        .maybe("key_type", keys)
        .maybe("value_type", values)
}

/// The values by their printed form. What JSON has is shown as it is, everything else printed.
fn constants(field: &Constant) -> Vec<Value> {
    let mut values: Vec<_> = field.values.iter().map(|value| (print::text(value), value)).collect();
    values.sort_by(|(a, _), (b, _)| a.cmp(b));
    let shown = values.into_iter().map(|(printed, value)| match value {
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Text(_) => value.clone(),
        _ => printed.into(),
    });
    shown.collect()
}

fn currencies(valid: Option<&[String]>) -> Value {
    valid.map_or_else(|| "(all currencies)".into(), |valid| codes(Some(valid), &[]).into())
}

fn codes(given: Option<&[String]>, all: &[&str]) -> Vec<Value> {
    let mut codes: Vec<&str> = given.map_or_else(|| all.to_vec(), |given| given.iter().map(String::as_str).collect());
    codes.sort_unstable();
    codes.dedup();
    codes.into_iter().map(Value::from).collect()
}

/// Domains are a set; that there are none is not shown.
fn domains(domains: &[String]) -> Option<Vec<Value>> {
    (!domains.is_empty()).then(|| codes(Some(domains), &[]))
}

fn list(maps: impl IntoIterator<Item = Map>) -> Vec<Value> {
    maps.into_iter().map(Value::from).collect()
}

/// An introspection that grows key by key.
struct Shown(Map);

impl Shown {
    fn new(introspect_type: &str) -> Self {
        Self(Map::from([("type", introspect_type)]))
    }

    fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.push(key, value);
        self
    }

    fn maybe(self, key: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    fn described(self, description: &Option<String>) -> Self {
        self.maybe("description", description.as_deref())
    }

    fn length(self, key: &str, length: Option<usize>) -> Self {
        self.maybe(key, length.map(|length| length as u64))
    }

    fn validated(self, validator: Option<&AdditionalValidator>) -> Self {
        self.maybe("additional_validation", validator.map(|validator| validator.name.as_str()))
    }

    fn bounds<T: Bound>(self, bounds: &Bounds<T>) -> Self {
        [("gt", &bounds.gt), ("gte", &bounds.gte), ("lt", &bounds.lt), ("lte", &bounds.lte)]
            .into_iter()
            .fold(self, |shown, (key, bound)| shown.maybe(key, bound.as_ref().and_then(Bound::shown)))
    }
}

/// How a bound is shown: numbers as they are, dates and times as text.
trait Bound {
    fn shown(&self) -> Option<Value>;
}

impl Bound for Number {
    fn shown(&self) -> Option<Value> {
        Some(match self {
            Self::Integer(number) => Value::Integer(*number),
            Self::Float(number) => Value::Float(*number),
            Self::Decimal(number) => Value::Decimal(number.clone()),
        })
    }
}

macro_rules! printed {
    ($($type:ty),*) => {$(
        impl Bound for $type {
            fn shown(&self) -> Option<Value> {
                Some(self.to_string().into())
            }
        }
    )*};
}

printed!(soa_common::Date, soa_common::Time, Moment);

impl Bound for Delta {
    /// The original takes no duration at all for no bound when it shows it.
    fn shown(&self) -> Option<Value> {
        (self.microseconds() != 0).then(|| self.to_string().into())
    }
}
