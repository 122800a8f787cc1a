//! The recorded cases of Conformity whose schemas use the fields there are.

use serde_json::Value as Json;
use soa_common::Value;
use soa_server::schema::{
    AdditionalValidator, All, Any, Anything, Boolean, BooleanValidator, Constant, Dictionary, Entry, Float, Integer,
    List, Number, ObjectClass, ObjectInstance, Polymorph, Schema, SchemalessDictionary, Sequence, Set, Tuple,
    UnicodeString, Violation,
};

use crate::typed_values::{raw, value};

const VECTORS: &str = include_str!("../vectors/schemas.json");

#[test]
fn recorded_cases_give_the_recorded_errors() {
    let vectors: Json = serde_json::from_str(VECTORS).unwrap();
    let mut cases = 0;
    for case in vectors["cases"].as_array().unwrap() {
        let (Some(schema), Some(value)) = (schema(case), value(&case["value"])) else {
            continue;
        };
        let violations = schema.validate(&raw(&value));
        let errors: Vec<_> = violations
            .iter()
            .map(|violation| {
                let pointer = &violation.pointer;
                serde_json::json!({"code": violation.code, "message": violation.message, "pointer": pointer})
            })
            .collect();
        let expected = case.get("ours").unwrap_or(&case["errors"]);
        assert_eq!(Json::Array(errors), *expected, "{case}");
        cases += 1;
    }
    assert_eq!(cases, 278, "a case is skipped only for a field that is not there yet");
}

#[test]
fn rebuilt_fields_introspect_to_what_was_recorded() {
    let vectors: Json = serde_json::from_str(VECTORS).unwrap();
    for case in vectors["cases"].as_array().unwrap() {
        // What tells the kinds of a dictionary's order apart is not rebuilt.
        let Some(schema) = schema(case).filter(|_| case["schema"].get("display_order").is_none()) else {
            continue;
        };
        // As text, so that the order of the keys counts.
        assert_eq!(serde_json::to_string(&schema.introspect()).unwrap(), case["schema"].to_string(), "{case}");
    }
}

/// The schema of a case, unless it uses what is not there yet.
fn schema(case: &Json) -> Option<Schema> {
    // What only the expression says: keys and constants that are no texts, functions.
    let python = case["python"].as_str().unwrap();
    let has_hidden_parts = ["Latitude(gte=0", "Constant(b", "Constant(D"].iter().any(|part| python.contains(part));
    // Equality of decimals comes with their field.
    let is_about_decimals = case["value"].get("decimal").is_some() && case["schema"]["type"] == "constant";
    (!has_hidden_parts && !is_about_decimals).then(|| field(&case["schema"])).flatten()
}

fn fields(schemas: &Json) -> Option<Vec<Schema>> {
    schemas.as_array()?.iter().map(field).collect()
}

fn field(schema: &Json) -> Option<Schema> {
    let mut settings = schema.as_object()?.clone();
    if settings.remove("deprecated").is_some() {
        return field(&settings.into()).map(Schema::deprecated);
    }
    if settings.remove("additional_validation").is_some() {
        let tagged = AdditionalValidator::new("Tagged", |_| {
            vec![Violation::new("TAGGED", "Tagged refuses everything").at("somewhere")]
        });
        return Some(match field(&settings.into())? {
            Schema::Dictionary(dictionary) => dictionary.additional_validator(tagged).into(),
            Schema::List(list) => list.additional_validator(tagged).into(),
            Schema::SchemalessDictionary(dictionary) => dictionary.additional_validator(tagged).into(),
            _ => return None,
        });
    }
    let has = |names: &[&str]| {
        settings.keys().all(|key| key == "type" || key == "description" || names.contains(&key.as_str()))
    };
    let length = |name: &str| schema.get(name).and_then(Json::as_u64).map(|length| length as usize);
    Some(match schema["type"].as_str()? {
        "anything" if has(&[]) => Anything::new().into(),
        "hashable" if has(&[]) => soa_server::schema::Hashable::new().into(),
        "null" if has(&[]) => Schema::Null,
        "boolean" if has(&[]) => Boolean::new().into(),
        "integer" if has(&["gt", "gte", "lt", "lte"]) => {
            let mut field = Integer::new();
            for (bound, slot) in bounds(schema, &mut field.bounds) {
                *slot = Some(number(bound)?);
            }
            field.into()
        }
        "float" if has(&["gt", "gte", "lt", "lte"]) => {
            let mut field = Float::new();
            for (bound, slot) in bounds(schema, &mut field.bounds) {
                *slot = Some(number(bound)?);
            }
            field.into()
        }
        "unicode" if has(&["min_length", "max_length", "allow_blank"]) => {
            let mut text = UnicodeString::new();
            (text.min_length, text.max_length) = (length("min_length"), length("max_length"));
            text.is_not_blank = schema.get("allow_blank").is_some();
            text.into()
        }
        "constant" if has(&["values"]) => {
            let values: Option<Vec<_>> = schema["values"].as_array()?.iter().map(constant).collect();
            Constant::new(values?).into()
        }
        "nullable" if has(&["nullable"]) => Schema::nullable(field(&schema["nullable"])?),
        "list" if has(&["contents", "min_length", "max_length"]) => {
            let mut list = List::new(field(&schema["contents"])?);
            (list.min_length, list.max_length) = (length("min_length"), length("max_length"));
            list.into()
        }
        "sequence" if has(&["contents", "min_length", "max_length"]) => {
            let mut sequence = Sequence::new(field(&schema["contents"])?);
            (sequence.min_length, sequence.max_length) = (length("min_length"), length("max_length"));
            sequence.into()
        }
        "set" if has(&["contents", "min_length", "max_length"]) => {
            let mut set = Set::new(field(&schema["contents"])?);
            (set.min_length, set.max_length) = (length("min_length"), length("max_length"));
            set.into()
        }
        "tuple" if has(&["contents"]) => Tuple::new(fields(&schema["contents"])?).into(),
        "any" if has(&["options"]) => Any::new(fields(&schema["options"])?).into(),
        "all" if has(&["requirements"]) => All::new(fields(&schema["requirements"])?).into(),
        "polymorph" if has(&["switch_field", "contents_map"]) => {
            let mut polymorph = Polymorph::new(schema["switch_field"].as_str()?);
            for (value, contents) in schema["contents_map"].as_object()? {
                polymorph = polymorph.when(key(value), field(contents)?);
            }
            polymorph.into()
        }
        "boolean_validator" if schema["validator"] == "x > 0" => {
            BooleanValidator::new("x > 0", "Must be positive", |value| value.as_i64().is_some_and(|x| x > 0)).into()
        }
        "object_instance" => match schema["valid_type"].as_str()? {
            "<class 'dict'>" => ObjectInstance::new([ObjectClass::Dict]).into(),
            _ => ObjectInstance::new([ObjectClass::Dict, ObjectClass::List]).into(),
        },
        "dictionary" if has(&["contents", "optional_keys", "allow_extra_keys", "display_order"]) => {
            let mut dictionary = Dictionary::new();
            let optional = schema["optional_keys"].as_array()?;
            for (name, contents) in schema["contents"].as_object()? {
                let is_optional = optional.iter().any(|optional| optional == name);
                dictionary.contents.push(Entry { key: key(name), schema: field(contents)?, is_optional });
            }
            dictionary.allow_extra_keys = schema["allow_extra_keys"].as_bool()?;
            dictionary.into()
        }
        "schemaless_dictionary" if has(&["key_type", "value_type", "min_length", "max_length"]) => {
            let mut dictionary = SchemalessDictionary::new();
            if let Some(keys) = schema.get("key_type") {
                dictionary = dictionary.keys(field(keys)?);
            }
            if let Some(values) = schema.get("value_type") {
                dictionary = dictionary.values(field(values)?);
            }
            (dictionary.min_length, dictionary.max_length) = (length("min_length"), length("max_length"));
            dictionary.into()
        }
        _ => return None,
    })
}

/// A key of a dictionary: JSON has no integers there.
fn key(name: &str) -> Value {
    name.parse::<i64>().map_or_else(|_| name.into(), Value::from)
}

fn bounds<'a>(
    schema: &'a Json,
    bounds: &'a mut soa_server::schema::Bounds,
) -> impl Iterator<Item = (&'a Json, &'a mut Option<Number>)> {
    let slots = [("gt", &mut bounds.gt), ("lt", &mut bounds.lt), ("gte", &mut bounds.gte), ("lte", &mut bounds.lte)];
    slots.into_iter().filter_map(|(name, slot)| Some((schema.get(name)?, slot)))
}

fn number(bound: &Json) -> Option<Number> {
    let integer = bound.as_i64().map(Number::from).or(bound.as_u64().map(Number::from));
    integer.or(bound.as_f64().map(Number::from))
}

fn constant(value: &Json) -> Option<Value> {
    match value {
        Json::Object(_) | Json::Array(_) => None,
        scalar => serde_json::from_value(scalar.clone()).ok(),
    }
}
