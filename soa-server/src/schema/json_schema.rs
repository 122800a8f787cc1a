//! A schema as a document of JSON Schema, draft 2020-12.

use serde_json::{Map, Value as Json, json};
use soa_common::Value;

use super::{
    All, Bounds, Dictionary, Integer, Moment, Number, ObjectClass, Polymorph, Schema, SchemalessDictionary, Tuple,
    UnicodeString,
    fields::{COUNTRIES, CURRENCIES, Function},
    python::print,
};

impl Schema {
    /// The schema as a document of JSON Schema, draft 2020-12.
    ///
    /// It says what JSON Schema has words for. Types that JSON does not have carry the key `x-soa`, their bounds
    /// `x-soa-gt`, `x-soa-gte`, `x-soa-lt` and `x-soa-lte`; [`from_json_schema`](Self::from_json_schema) reads them
    /// again. Checks that are code are named under `x-soa-validator` and cannot be read again.
    ///
    /// ```
    /// use soa_server::schema::{Dictionary, Integer, Schema};
    ///
    /// let schema = Schema::from(Dictionary::new().required("page", Integer::new().gte(1).description("From 1 on")));
    /// assert_eq!(
    ///     schema.to_json_schema(),
    ///     serde_json::json!({
    ///         "$schema": "https://json-schema.org/draft/2020-12/schema",
    ///         "type": "object",
    ///         "properties": {"page": {"description": "From 1 on", "type": "integer", "minimum": 1}},
    ///         "required": ["page"],
    ///         "additionalProperties": false,
    ///     })
    /// );
    /// ```
    #[must_use]
    pub fn to_json_schema(&self) -> Json {
        let mut document = Map::new();
        document.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
        document.extend(document_of(self).0);
        document.into()
    }
}

fn document_of(schema: &Schema) -> Document {
    match schema {
        Schema::Anything(field) => described(&field.description),
        Schema::Hashable(field) => {
            described(&field.description).with("not", json!({"type": ["array", "object"]})).marked("hashable")
        }
        Schema::Null => described(&None).with("type", "null"),
        Schema::Boolean(field) => described(&field.description).with("type", "boolean"),
        Schema::Integer(field) => integer(field),
        Schema::Float(field) => described(&field.description).with("type", "number").range(&field.bounds),
        Schema::Decimal(field) => text(&field.description).marked("decimal").marked_range(&field.bounds, exact_number),
        Schema::Constant(field) => {
            let constants = field.values.iter().map(|value| (print::text(value), constant(value)));
            listed(described(&field.description), constants.collect())
        }
        Schema::UnicodeString(field) => text(&field.description)
            .length("minLength", field.min_length)
            .length("maxLength", field.max_length)
            .maybe("x-soa", field.is_not_blank.then_some("not_blank")),
        Schema::ByteString(field) => text(&field.description)
            .length("minLength", field.min_length)
            .length("maxLength", field.max_length)
            .marked("bytes"),
        Schema::UnicodeDecimal(field) => text(&field.description).marked("unicode_decimal"),
        Schema::EmailAddress(field) => text(&field.description)
            .with("format", "email")
            .length("minLength", field.min_length)
            .length("maxLength", field.max_length)
            .maybe("x-soa", field.is_not_blank.then_some("not_blank")),
        Schema::IpAddress(field) => text(&field.description).with("format", "ip"),
        Schema::Ipv4Address(field) => text(&field.description).with("format", "ipv4"),
        Schema::Ipv6Address(field) => text(&field.description).with("format", "ipv6"),
        Schema::Date(field) => text(&field.description)
            .with("format", "date")
            .marked("date")
            .marked_range(&field.bounds, |date| Some(date.to_string().into())),
        Schema::Time(field) => {
            text(&field.description).marked("time").marked_range(&field.bounds, |time| Some(time.to_string().into()))
        }
        Schema::DateTime(field) => text(&field.description).marked("datetime").marked_range(&field.bounds, moment),
        // No value of the protocol is one.
        Schema::TimeDelta(field) => described(&field.description).with("not", json!({})).marked("timedelta"),
        Schema::TzInfo(field) => described(&field.description).with("not", json!({})).marked("tzinfo"),
        Schema::Amount(field) => text(&field.description)
            .maybe("enum", field.valid_currencies.as_deref().map(sorted))
            .marked("amount")
            .marked_range(&field.bounds, exact_number),
        Schema::AmountString(field) => {
            let currencies = field
                .valid_currencies
                .as_deref()
                .map_or_else(|| "[A-Z]{3}".to_owned(), |codes| format!("({})", codes.join("|")));
            text(&field.description).with("pattern", format!("^{currencies}[,:][^,:]+$"))
        }
        Schema::CurrencyCode(field) => {
            text(&field.description).with("enum", codes(field.values.as_deref(), CURRENCIES)).marked("currency")
        }
        Schema::CountryCode(field) => {
            text(&field.description).with("enum", codes(field.values.as_deref(), COUNTRIES)).marked("country")
        }
        Schema::List(field) => described(&field.description)
            .with("type", "array")
            .with("items", document_of(&field.contents))
            .length("minItems", field.min_length)
            .length("maxItems", field.max_length)
            .validated(field.additional_validator.as_ref()),
        Schema::Set(field) => described(&field.description)
            .with("type", "array")
            .with("items", document_of(&field.contents))
            .with("uniqueItems", true)
            .length("minItems", field.min_length)
            .length("maxItems", field.max_length)
            .validated(field.additional_validator.as_ref()),
        Schema::Sequence(field) => described(&field.description)
            .with("type", json!(["array", "string"]))
            .with("items", document_of(&field.contents))
            .length("minItems", field.min_length)
            .length("maxItems", field.max_length)
            .length("minLength", field.min_length)
            .length("maxLength", field.max_length)
            .validated(field.additional_validator.as_ref()),
        Schema::Tuple(field) => tuple(field),
        Schema::Dictionary(field) => dictionary(field),
        Schema::SchemalessDictionary(field) => map(field),
        Schema::Nullable(inner) => nullable(document_of(inner)),
        // Without options everything is accepted, and `anyOf` must not be empty.
        Schema::Any(field) if field.options.is_empty() => described(&field.description),
        Schema::Any(field) => described(&field.description).with("anyOf", documents(&field.options)),
        Schema::All(field) => all(field),
        Schema::Polymorph(field) => polymorph(field),
        Schema::BooleanValidator(field) => {
            described(&field.description).with("x-soa-validator", field.validator.as_str())
        }
        Schema::ObjectInstance(field) => {
            let class = |class: &ObjectClass| match class {
                ObjectClass::Dict => "object",
                ObjectClass::List => "array",
            };
            let classes: Vec<_> = field.valid_type.iter().map(class).collect();
            described(&field.description).with("type", classes).with("additionalProperties", true)
        }
        Schema::Deprecated(inner) => document_of(inner).with("deprecated", true),
    }
}

fn integer(field: &Integer) -> Document {
    let hidden = (field.hidden_bounds.gte.as_ref(), field.hidden_bounds.lte.as_ref());
    let fits = |given: Option<&Number>, bound: Number| given.is_none_or(|given| *given == bound);
    let format = RANGES.iter().find(|(_, min, max)| {
        hidden != (None, None) && fits(hidden.0, Number::from(*min)) && fits(hidden.1, Number::from(*max))
    });
    described(&field.description)
        .with("type", "integer")
        .range(&field.bounds)
        .maybe("format", format.map(|(name, ..)| *name))
}

/// The types of Rust whose range is checked and not shown.
const RANGES: [(&str, i64, u64); 4] = [
    ("int32", i32::MIN as i64, i32::MAX as u64),
    ("uint32", 0, u32::MAX as u64),
    ("int64", i64::MIN, i64::MAX as u64),
    ("uint64", 0, u64::MAX),
];

fn tuple(field: &Tuple) -> Document {
    let length = field.contents.len();
    let array = described(&field.description).with("type", "array");
    // `prefixItems` must not be empty.
    let array = if length == 0 { array } else { array.with("prefixItems", documents(&field.contents)) };
    array
        .with("items", false)
        .length("minItems", Some(length))
        .length("maxItems", Some(length))
        .validated(field.additional_validator.as_ref())
}

fn dictionary(field: &Dictionary) -> Document {
    let properties = field.contents.iter().map(|entry| (print::text(&entry.key), document_of(&entry.schema).into()));
    let required = field.contents.iter().filter(|entry| !entry.is_optional);
    described(&field.description)
        .with("type", "object")
        .with("properties", properties.collect::<Map<_, _>>())
        .with("required", required.map(|entry| print::text(&entry.key)).collect::<Vec<_>>())
        .with("additionalProperties", field.allow_extra_keys)
        .validated(field.additional_validator.as_ref())
}

fn map(field: &SchemalessDictionary) -> Document {
    let values = document_of(&field.value_type);
    let object = described(&field.description)
        .with("type", "object")
        .length("minProperties", field.min_length)
        .length("maxProperties", field.max_length)
        .validated(field.additional_validator.as_ref());
    match &*field.key_type {
        Schema::Hashable(_) => object.with("additionalProperties", values).marked("map"),
        // Keys are texts in JSON.
        Schema::Integer(keys) => {
            let is_unsigned = keys.bounds.gte == Some(Number::from(0));
            let pattern = if is_unsigned { r"^\d+$" } else { r"^-?\d+$" };
            object.with("patternProperties", json!({ pattern: Json::from(values) })).with("additionalProperties", false)
        }
        keys => {
            let object = match keys {
                Schema::UnicodeString(keys) if *keys == UnicodeString::new() => object,
                keys => object.with("propertyNames", document_of(keys)),
            };
            object.with("additionalProperties", values)
        }
    }
}

/// As one more name of the `type` where the rest of the document does not speak of null.
fn nullable(mut inner: Document) -> Document {
    let is_simple = !["enum", "const", "deprecated"].iter().any(|keyword| inner.0.contains_key(*keyword));
    match inner.0.get_mut("type") {
        Some(Json::String(name)) if is_simple => {
            let names = json!([name, "null"]);
            inner.with("type", names)
        }
        _ => described(&None).with("anyOf", json!([Json::from(inner), {"type": "null"}])),
    }
}

fn all(field: &All) -> Document {
    // What a JSON Schema said before.
    if let [first, Schema::BooleanValidator(validator)] = &*field.requirements
        && matches!(validator.function, Function::Token(_))
    {
        if let Some(pattern) = validator.validator.strip_prefix("matches ") {
            return document_of(first).maybe("description", field.description.as_deref()).with("pattern", pattern);
        }
        let number = validator.validator.strip_prefix("multiple of ").and_then(|number| number.parse::<Json>().ok());
        if let Some(number) = number {
            return document_of(first).maybe("description", field.description.as_deref()).with("multipleOf", number);
        }
    }
    match &*field.requirements {
        [] => described(&field.description),
        requirements => described(&field.description).with("allOf", documents(requirements)),
    }
}

/// One document for each value of the switch field; those that do not name it as a constant get that said beside them.
fn polymorph(field: &Polymorph) -> Document {
    let is_default = |value: &Value| value.as_str() == Some("__default__");
    let values = || field.contents_map.iter().map(|(value, _)| value).filter(|value| !is_default(value));
    let option = |(value, schema): &(Value, Schema)| {
        let is_said = matches!(schema, Schema::Dictionary(dictionary) if dictionary.contents.iter().any(|entry| {
            entry.key.as_str() == Some(&field.switch_field)
                && !entry.is_optional
                && matches!(&entry.schema, Schema::Constant(constant) if constant.values == [value.clone()])
        }));
        let document = Json::from(document_of(schema));
        if is_said {
            return document;
        }
        let switch = match is_default(value) {
            true => json!({"not": {"enum": values().map(constant).collect::<Vec<_>>()}}),
            false => json!({"const": constant(value)}),
        };
        let switch = field
            .switch_field
            .rsplit('.')
            .fold(switch, |inner, key| json!({"type": "object", "properties": {key: inner}, "required": [key]}));
        json!({"allOf": [switch, document]})
    };
    described(&field.description).with("oneOf", field.contents_map.iter().map(option).collect::<Vec<_>>())
}

fn documents(schemas: &[Schema]) -> Vec<Json> {
    schemas.iter().map(|schema| document_of(schema).into()).collect()
}

/// Values in the order of introspection.
fn listed(document: Document, mut values: Vec<(String, Json)>) -> Document {
    values.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut values: Vec<_> = values.into_iter().map(|(_, value)| value).collect();
    match values.len() {
        1 => document.with("const", values.remove(0)),
        _ => document.with("enum", values),
    }
}

/// A value to compare with; what JSON does not have is printed, as in introspection.
fn constant(value: &Value) -> Json {
    match value {
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) => soa_common::json::to_json(value),
        other => print::text(other).into(),
    }
}

fn sorted(codes: &[String]) -> Vec<String> {
    let mut codes = codes.to_vec();
    codes.sort_unstable();
    codes
}

fn codes(given: Option<&[String]>, all: &[&str]) -> Vec<String> {
    given.map_or_else(|| all.iter().map(|code| (*code).to_owned()).collect(), sorted)
}

/// A bound as JSON has it, which knows neither infinities nor not-a-number.
fn number(bound: &Number) -> Option<Json> {
    match bound {
        Number::Integer(number) => Some(soa_common::json::to_json(&Value::Integer(*number))),
        Number::Float(number) => serde_json::Number::from_f64(*number).map(Json::from),
        Number::Decimal(number) => serde_json::Number::from_f64(number.as_str().parse().ok()?).map(Json::from),
    }
}

/// A bound with all digits of a decimal.
fn exact_number(bound: &Number) -> Option<Json> {
    match bound {
        Number::Decimal(number) => Some(number.as_str().into()),
        bound => number(bound),
    }
}

fn moment(bound: &Moment) -> Option<Json> {
    Some(match bound {
        Moment::Local(moment) => moment.to_string().into(),
        Moment::Utc(moment) => moment.to_string().into(),
    })
}

fn text(description: &Option<String>) -> Document {
    described(description).with("type", "string")
}

fn described(description: &Option<String>) -> Document {
    Document(Map::new()).maybe("description", description.as_deref())
}

/// A document that grows keyword by keyword.
struct Document(Map<String, Json>);

impl Document {
    fn with(mut self, keyword: &str, value: impl Into<Json>) -> Self {
        self.0.insert(keyword.to_owned(), value.into());
        self
    }

    fn maybe(self, keyword: &str, value: Option<impl Into<Json>>) -> Self {
        match value {
            Some(value) => self.with(keyword, value),
            None => self,
        }
    }

    fn marked(self, marker: &str) -> Self {
        self.with("x-soa", marker)
    }

    fn length(self, keyword: &str, length: Option<usize>) -> Self {
        self.maybe(keyword, length)
    }

    fn validated(self, validator: Option<&super::AdditionalValidator>) -> Self {
        self.maybe("x-soa-validator", validator.map(|validator| validator.name.as_str()))
    }

    fn range(self, bounds: &Bounds) -> Self {
        let keywords = ["exclusiveMinimum", "minimum", "exclusiveMaximum", "maximum"];
        self.bounded(keywords, bounds, number)
    }

    fn marked_range<T>(self, bounds: &Bounds<T>, bound: impl Fn(&T) -> Option<Json>) -> Self {
        self.bounded(["x-soa-gt", "x-soa-gte", "x-soa-lt", "x-soa-lte"], bounds, bound)
    }

    fn bounded<T>(self, keywords: [&str; 4], bounds: &Bounds<T>, bound: impl Fn(&T) -> Option<Json>) -> Self {
        let bounds = [&bounds.gt, &bounds.gte, &bounds.lt, &bounds.lte];
        let given = keywords.into_iter().zip(bounds).map(|(keyword, given)| (keyword, given.as_ref().and_then(&bound)));
        given.fold(self, |document, (keyword, value)| document.maybe(keyword, value))
    }
}

impl From<Document> for Json {
    fn from(document: Document) -> Self {
        Self::Object(document.0)
    }
}
