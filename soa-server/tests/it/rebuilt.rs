//! Fields rebuilt from what introspection shows of them.

use std::str::FromStr;

use serde_json::Value as Json;
use soa_common::Value;
use soa_server::schema::{
    AdditionalValidator, All, Amount, AmountString, Any, Anything, Boolean, BooleanValidator, Bounds, ByteString,
    Constant, CountryCode, CurrencyCode, Date, DateTime, Decimal, Delta, Dictionary, EmailAddress, Float, Hashable,
    Integer, IpAddress, Ipv4Address, Ipv6Address, List, Moment, Number, ObjectClass, ObjectInstance, Polymorph, Schema,
    SchemalessDictionary, Sequence, Set, Time, TimeDelta, Tuple, TzInfo, UnicodeDecimal, UnicodeString, Violation,
};

/// The field of a recorded case.
pub(crate) fn rebuilt(case: &Json) -> Schema {
    let shown = field(&case["schema"]);
    // What introspection does not show, or shows as something else.
    match (case["python"].as_str().unwrap(), shown) {
        ("Constant(b'x')", _) => Constant::new([b"x".to_vec()]).into(),
        ("Constant(D('1.50'))", _) => Constant::new([decimal("1.50")]).into(),
        ("TimeDelta(gte=td(0), lt=td(days=1, microseconds=7))", Schema::TimeDelta(delta)) => {
            delta.gte(Delta::from_microseconds(0)).into()
        }
        ("EmailAddress(max_length=5)", Schema::EmailAddress(email)) => email.max_length(5).into(),
        (_, shown) => shown,
    }
}

/// The field that introspection shows like this.
pub(crate) fn field(shown: &Json) -> Schema {
    let mut settings = shown.as_object().unwrap().clone();
    if settings.remove("deprecated").is_some() {
        return Schema::deprecated(field(&settings.into()));
    }
    /// A field with its description and the other settings.
    macro_rules! with {
        ($field:expr $(, $setting:ident = $value:expr)*) => {{
            let mut field = $field;
            field.description = shown.get("description").map(text);
            $(field.$setting = $value;)*
            field.into()
        }};
    }
    macro_rules! elements {
        ($field:ident) => {
            with!(
                $field::new(field(&shown["contents"])),
                min_length = length(shown, "min_length"),
                max_length = length(shown, "max_length"),
                additional_validator = validator(shown)
            )
        };
    }
    macro_rules! texts {
        ($field:ident) => {
            with!(
                $field::new(),
                min_length = length(shown, "min_length"),
                max_length = length(shown, "max_length"),
                is_not_blank = shown.get("allow_blank").is_some()
            )
        };
    }
    match shown["type"].as_str().unwrap() {
        "anything" => with!(Anything::new()),
        "hashable" => with!(Hashable::new()),
        "null" => Schema::Null,
        "boolean" => with!(Boolean::new()),
        "integer" => with!(Integer::new(), bounds = bounds(shown, number)),
        "float" => with!(Float::new(), bounds = bounds(shown, number)),
        "decimal" => with!(Decimal::new(), bounds = bounds(shown, number)),
        "constant" => with!(Constant::new(shown["values"].as_array().unwrap().iter().map(constant))),
        "unicode" => texts!(UnicodeString),
        "bytes" => texts!(ByteString),
        "unicode_decimal" => with!(UnicodeDecimal::new()),
        "email_address" => with!(EmailAddress::new(), domain_whitelist = shown.get("domain_whitelist").map(texts)),
        "ip_address" => with!(IpAddress::new()),
        "ipv4_address" => with!(Ipv4Address::new()),
        "ipv6_address" => with!(Ipv6Address::new()),
        "date" => with!(Date::new(), bounds = bounds(shown, parsed)),
        "time" => with!(Time::new(), bounds = bounds(shown, parsed)),
        "datetime" => with!(DateTime::new(), bounds = bounds(shown, moment)),
        "timedelta" => with!(TimeDelta::new(), bounds = bounds(shown, duration)),
        "tzinfo" => with!(TzInfo::new()),
        "currint.Amount" => {
            with!(Amount::new(), valid_currencies = currencies(shown), bounds = bounds(shown, number))
        }
        "currency_amount_string" => {
            with!(AmountString::new(), valid_currencies = currencies(shown), bounds = bounds(shown, number))
        }
        "currency_code_field" => with!(CurrencyCode::new().values(texts(&shown["values"]))),
        "country_code_field" => with!(CountryCode::new().values(texts(&shown["values"]))),
        "list" => elements!(List),
        "sequence" => elements!(Sequence),
        "set" => elements!(Set),
        "tuple" => with!(Tuple::new(fields(&shown["contents"])), additional_validator = validator(shown)),
        "dictionary" => with!(
            entries(shown),
            allow_extra_keys = shown["allow_extra_keys"].as_bool().unwrap(),
            is_ordered = shown.get("display_order").is_some(),
            additional_validator = validator(shown)
        ),
        "schemaless_dictionary" => {
            let part = |name: &str| shown.get(name).map(field);
            let mut dictionary = SchemalessDictionary::new();
            dictionary = part("key_type").into_iter().fold(dictionary, SchemalessDictionary::keys);
            dictionary = part("value_type").into_iter().fold(dictionary, SchemalessDictionary::values);
            with!(
                dictionary,
                min_length = length(shown, "min_length"),
                max_length = length(shown, "max_length"),
                additional_validator = validator(shown)
            )
        }
        "nullable" => Schema::nullable(field(&shown["nullable"])),
        "any" => with!(Any::new(fields(&shown["options"]))),
        "all" => with!(All::new(fields(&shown["requirements"]))),
        "polymorph" => {
            let contents = shown["contents_map"].as_object().unwrap().iter();
            with!(
                Polymorph::new(text(&shown["switch_field"])),
                contents_map = contents.map(|(value, schema)| (key(value), field(schema))).collect()
            )
        }
        // There is one function in all cases.
        "boolean_validator" => with!(BooleanValidator::new(text(&shown["validator"]), "Must be positive", |value| {
            value.as_i64().is_some_and(|x| x > 0)
        })),
        "object_instance" => with!(ObjectInstance::new(match shown["valid_type"].as_str().unwrap() {
            "<class 'dict'>" => vec![ObjectClass::Dict],
            _ => vec![ObjectClass::Dict, ObjectClass::List],
        })),
        unknown => panic!("no field is called {unknown}"),
    }
}

fn fields(shown: &Json) -> Vec<Schema> {
    shown.as_array().unwrap().iter().map(field).collect()
}

fn entries(shown: &Json) -> Dictionary {
    let optional = shown["optional_keys"].as_array().unwrap();
    let contents = shown["contents"].as_object().unwrap().iter();
    contents.fold(Dictionary::new(), |dictionary, (name, schema)| match optional.contains(&name.as_str().into()) {
        true => dictionary.optional(key(name), field(schema)),
        false => dictionary.required(key(name), field(schema)),
    })
}

/// A declared key. Integers are texts in JSON; no case has texts that look like them.
fn key(name: &str) -> Value {
    name.parse::<i64>().map_or_else(|_| name.into(), Value::from)
}

/// All additional validators of the cases answer the same.
fn validator(shown: &Json) -> Option<AdditionalValidator> {
    let answer = |_: &Value| vec![Violation::new("TAGGED", "Tagged refuses everything").at("somewhere")];
    shown.get("additional_validation").map(|name| AdditionalValidator::new(text(name), answer))
}

fn length(shown: &Json, name: &str) -> Option<usize> {
    shown.get(name).map(|length| length.as_u64().unwrap() as usize)
}

fn bounds<T>(shown: &Json, bound: impl Fn(&Json) -> T) -> Bounds<T> {
    let mut bounds = Bounds::default();
    for (name, place) in
        [("gt", &mut bounds.gt), ("lt", &mut bounds.lt), ("gte", &mut bounds.gte), ("lte", &mut bounds.lte)]
    {
        *place = shown.get(name).map(&bound);
    }
    bounds
}

fn number(bound: &Json) -> Number {
    match (bound.as_i64(), bound.as_u64()) {
        (Some(number), _) => number.into(),
        (_, Some(number)) => number.into(),
        _ if bound.is_object() => Number::Decimal(text(&bound["decimal"]).parse().unwrap()),
        _ => bound.as_f64().unwrap().into(),
    }
}

fn parsed<T: FromStr<Err: std::fmt::Debug>>(bound: &Json) -> T {
    bound.as_str().unwrap().parse().unwrap()
}

fn moment(bound: &Json) -> Moment {
    let moment = bound.as_str().unwrap().replace(' ', "T");
    Moment::Local(moment.parse().unwrap())
}

/// As Python prints a duration: `-1 day, 23:59:59.999995`.
fn duration(bound: &Json) -> Delta {
    let text = bound.as_str().unwrap();
    let (days, time) = text.split_once(", ").unwrap_or(("0 days", text));
    let days: i64 = days.split_once(' ').unwrap().0.parse().unwrap();
    let (hours, minutes) = time.split_once(':').unwrap();
    let time: soa_common::Time = format!("{hours:0>2}:{minutes}").parse().unwrap();
    let seconds = (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
    Delta::from_microseconds((days * 86_400 + seconds) * 1_000_000 + i64::from(time.microsecond()))
}

fn decimal(digits: &str) -> Value {
    Value::Decimal(digits.parse().unwrap())
}

fn constant(value: &Json) -> Value {
    serde_json::from_value(value.clone()).unwrap()
}

fn currencies(shown: &Json) -> Option<Vec<String>> {
    shown["valid_currencies"].is_array().then(|| texts(&shown["valid_currencies"]))
}

fn texts(list: &Json) -> Vec<String> {
    list.as_array().unwrap().iter().map(text).collect()
}

fn text(json: &Json) -> String {
    json.as_str().unwrap().to_owned()
}
