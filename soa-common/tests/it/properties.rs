//! What holds for values and bytes of every kind.

use std::collections::HashSet;

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};
use soa_common::{
    Amount, Context, Control, Date, DateTime, Decimal, InvalidMessage, JobRequest, JobResponse, Map, Time, UtcDateTime,
    Value,
    envelope::{RequestEnvelope, ResponseEnvelope},
    frame::Frame,
    json,
    msgpack::{self, MAX_DEPTH, Reader, Token, Writer},
    redact::{self, Redactor},
    serializer::Serializer,
};

fn written(value: &Value) -> Vec<u8> {
    let mut wire = Vec::new();
    Writer::new(&mut wire).value(value);
    wire
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_survive_the_wire_and_serde(value in value(), cut in any::<prop::sample::Index>()) {
        let wire = written(&value);
        prop_assert_eq!(&Value::from_msgpack(&wire).unwrap(), &value);
        prop_assert_eq!(&msgpack::encode(&value).unwrap(), &wire);
        prop_assert_eq!(&msgpack::decode::<Value>(&wire).unwrap(), &value);
        let mut reader = Reader::new(&wire);
        prop_assert_eq!(reader.skip().unwrap(), &wire[..]);
        prop_assert!(reader.is_at_end());
        // Nothing can be cut off and nothing added.
        prop_assert!(msgpack::check(&wire[..cut.index(wire.len())]).is_err());
        prop_assert!(msgpack::check(&[wire, vec![0]].concat()).is_err());
    }

    #[test]
    fn json_on_the_wire_is_what_python_reads(value in value()) {
        let Ok(json) = Serializer::Json.from_msgpack(written(&value)) else {
            return Ok(());
        };
        let again = Serializer::Json.to_msgpack(json.clone().into()).unwrap();
        let again = Serializer::Json.from_msgpack(again.to_vec()).unwrap();
        let parse = |json: &[u8]| serde_json::from_slice::<serde_json::Value>(json).unwrap();
        prop_assert_eq!(parse(&again), parse(&json));
    }

    #[test]
    fn json_for_people_is_json(value in value()) {
        let text = json::to_json(&value).to_string();
        prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }

    #[test]
    fn what_is_redacted_is_the_json_of_the_censored_value(value in secrets()) {
        let censored = json::to_json(&censored(&value, false)).to_string();
        let redactor = Redactor::new(["1", "nick"]);
        prop_assert_eq!(redactor.show(&value).to_string(), &censored[..]);
        prop_assert_eq!(redactor.show(&written(&value)[..]).to_string(), censored);
    }

    #[test]
    fn moments_are_their_parts_and_their_text(microseconds in -62_135_596_800_000_000_i64..=253_402_300_799_999_999) {
        let naive = DateTime::from_microseconds(microseconds).unwrap();
        let (date, time) = naive.parts();
        prop_assert_eq!(DateTime::new(date, time), naive);
        prop_assert_eq!(naive.microseconds(), microseconds);
        prop_assert_eq!(naive.to_string().parse::<DateTime>().unwrap(), naive);
        prop_assert_eq!(date.to_string().parse::<Date>().unwrap(), date);
        prop_assert_eq!(time.to_string().parse::<Time>().unwrap(), time);
        let utc = UtcDateTime::new(date, time);
        prop_assert_eq!(utc.to_string().parse::<UtcDateTime>().unwrap(), utc);
    }

    #[test]
    fn bytes_of_any_kind_are_read_or_refused(bytes in hostile()) {
        prop_assert_eq!(msgpack::check(&bytes).is_ok(), Value::from_msgpack(&bytes).is_ok());
        if let Ok(value) = Value::from_msgpack(&bytes) {
            prop_assert_eq!(format!("{:?}", msgpack::decode::<Value>(&bytes).unwrap()), format!("{value:?}"));
        }
        let _ = msgpack::decode::<serde_json::Value>(&bytes);
        let _ = msgpack::decode::<(Date, Decimal)>(&bytes);
        let bytes = Bytes::from(bytes);
        for serializer in [Serializer::Msgpack, Serializer::Json] {
            if let Ok(envelope) = RequestEnvelope::from_payload(serializer, &bytes) {
                let context = JobRequest::from_body(&envelope.job).context;
                let answered = Context::default().with_correlation_id_of(&context);
                let anew = Context::default().with("correlation_id", context.correlation_id());
                prop_assert_eq!(answered.as_body().to_msgpack(), anew.as_body().to_msgpack());
            }
        }
        if let Ok(envelope) = ResponseEnvelope::decode(&bytes) {
            let _ = JobResponse::from_body(&envelope.response);
        }
        // Even when nobody has checked them.
        let _ = (JobRequest::from_body(&bytes), JobResponse::from_body(&bytes));
        if let Ok(frame) = Frame::parse(&bytes) {
            prop_assert!(bytes.ends_with(&frame.payload));
        }
    }

    #[test]
    fn the_parts_of_an_envelope_are_those_of_its_map(message in envelope()) {
        let wire = Bytes::from(written(&message));
        if let Ok(envelope) = RequestEnvelope::decode(&wire) {
            let part = |key| message.as_map().unwrap().get(key).cloned();
            let meta = part("meta").unwrap_or_default();
            let reply_to = meta.as_map().and_then(|meta| meta.get("reply_to")?.as_str());
            prop_assert_eq!(envelope.address.reply_to.as_deref(), reply_to);
            if let Some(Value::Float(expiry)) = meta.as_map().and_then(|meta| meta.get("__expiry__")) {
                prop_assert_eq!(envelope.expiry.map(f64::to_bits), Some(expiry.to_bits()));
            }
            prop_assert_eq!(envelope.control, Control::of_job(&envelope.job));
            prop_assert_eq!(Value::from_msgpack(&envelope.job).unwrap(), part("body").unwrap_or_default());
        }
    }

    #[test]
    fn what_is_no_value_is_no_envelope(
        message in envelope(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..3),
    ) {
        let mut wire = written(&message);
        for (place, byte) in changes {
            let place = place.index(wire.len());
            wire[place] = byte;
        }
        let (wire, checked) = (Bytes::copy_from_slice(&wire), msgpack::check(&wire));
        if let Err(error) = checked {
            let (request, response) = (RequestEnvelope::decode(&wire), ResponseEnvelope::decode(&wire));
            prop_assert_eq!(request.err().map(|(error, _)| error.to_string()), Some(error.to_string()));
            prop_assert_eq!(response.err().map(|error| error.to_string()), Some(error.to_string()));
        }
    }

    #[test]
    fn skipping_takes_what_the_tokens_take(bytes in hostile()) {
        let mut skipping = Reader::new(&bytes);
        let skipped = skipping.skip();
        let mut walking = Reader::new(&bytes);
        match walk(&mut walking) {
            Ok(()) => {
                prop_assert!(skipped.is_ok());
                prop_assert_eq!(walking.position(), skipping.position());
            }
            // Only tokens prove texts.
            Err(error) => prop_assert!(skipped.is_err() || error.to_string().contains("UTF-8")),
        }
    }
}

#[test]
fn values_nest_as_deep_as_allowed() {
    for inner in [Value::List(vec![]), Map::new().into()] {
        let mut value = inner;
        for depth in 2..=MAX_DEPTH {
            value = if depth % 2 == 0 { Value::List(vec![value]) } else { Map::from([("a", value)]).into() };
        }
        let wire = written(&value);
        assert_eq!(Value::from_msgpack(&wire).unwrap(), value);
        assert_eq!(msgpack::decode::<Value>(&wire).unwrap(), value);
        assert_eq!(msgpack::encode(&value).unwrap(), wire);

        let deeper = Value::List(vec![value]);
        let wire = written(&deeper);
        assert!(Value::from_msgpack(&wire).is_err());
        assert!(msgpack::check(&wire).is_err());
        assert!(msgpack::encode(&deeper).is_err());
    }
}

/// Reads one value token by token.
fn walk(reader: &mut Reader<'_>) -> Result<(), InvalidMessage> {
    let mut left = 1_u64;
    while left > 0 {
        left = left - 1
            + match reader.token()? {
                Token::List(length) => length.into(),
                Token::Map(length) => u64::from(length) * 2,
                _ => 0,
            };
    }
    Ok(())
}

/// Bytes that often look like MessagePack, JSON or a frame.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let telling =
        prop::sample::select(b"\x80\x81\x82\x90\x91\xa0\xa1\xc0\xc1\xc7\xd4\xd6\xd7\xd8\xdd\xdf\xff{}[]\",:".to_vec());
    let noise = vec(prop_oneof![telling, any::<u8>()], 0..200);
    let broken = (value(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(value, at, byte)| {
        let mut wire = written(&value);
        let at = at.index(wire.len());
        wire[at] = byte;
        wire
    });
    let headers = prop::sample::select(vec![
        "",
        "content-type:application/json;",
        "pysoa-redis/3//",
        "pysoa-redis/3//chunk-id:1;",
    ]);
    (headers, prop_oneof![noise, broken]).prop_map(|(header, payload)| [header.as_bytes(), &payload].concat())
}

/// A map with the keys of an envelope, some of them twice or not at all, that have maps or anything behind them.
fn envelope() -> impl Strategy<Value = Value> {
    fn map<V: Strategy<Value = Value>>(keys: &[&'static str], value: V) -> impl Strategy<Value = Value> + use<V> {
        let key = prop::sample::select(keys.to_vec()).prop_map(Value::from);
        vec((key, value), 0..6).prop_map(|entries| {
            let mut map = Map::new();
            entries.into_iter().for_each(|(key, value)| map.push(key, value));
            map.into()
        })
    }
    let keys = ["reply_to", "client_version", "__expiry__", "atomic_chunks", "control", "context", "other"];
    let inner = map(&keys, scalar());
    map(&["request_id", "meta", "body", "other"], prop_oneof![scalar(), inner])
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..20).prop_map(Value::List),
            vec((scalar(), inner), 0..20).prop_map(|entries| entries.into_iter().collect::<Map>().into()),
        ]
    })
}

/// Values with sensitive fields in them, and no two keys with the same text in a map: JSON would keep one.
fn secrets() -> impl Strategy<Value = Value> {
    let key = prop_oneof![scalar(), SENSITIVE.prop_map(Value::from), Just(Value::from(1))];
    scalar().prop_recursive(6, 64, 8, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::List),
            vec((key.clone(), inner), 0..8).prop_map(|entries| {
                let mut texts = HashSet::new();
                let is_new = |(key, _): &(Value, Value)| texts.insert(key_text(key));
                entries.into_iter().filter(is_new).collect::<Map>().into()
            }),
        ]
    })
}

const SENSITIVE: &str = "password|pass-phrase|authToken|1|nick";

/// What a redactor must show: everything censored that lies in a sensitive field and says something.
fn censored(value: &Value, is_sensitive: bool) -> Value {
    match value {
        Value::List(values) => Value::List(values.iter().map(|value| censored(value, is_sensitive)).collect()),
        Value::Map(map) => {
            let entry = |(key, value): &(Value, Value)| {
                let is_named = SENSITIVE.split('|').any(|name| name == key_text(key));
                (key.clone(), censored(value, is_sensitive || is_named))
            };
            map.iter().map(entry).collect::<Map>().into()
        }
        Value::Null | Value::Bool(_) => value.clone(),
        _ if !is_sensitive || value.as_f64() == Some(0.0) || value.as_str() == Some("") => value.clone(),
        Value::Bytes(bytes) if bytes.is_empty() => value.clone(),
        _ => redact::CENSORED.into(),
    }
}

fn key_text(key: &Value) -> String {
    let json = json::to_json(&Map::from([(key.clone(), Value::Null)]).into());
    json.as_object().unwrap().keys().next().unwrap().clone()
}

fn scalar() -> impl Strategy<Value = Value> {
    let moment = -62_135_596_800_000_000_i64..=253_402_300_799_999_999;
    let text = prop_oneof![".{0,40}", "[a-z]{0,300}"];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-40_000_i64..70_000).prop_map(Value::from),
        any::<f64>().prop_filter("NaN equals nothing", |float| !float.is_nan()).prop_map(Value::from),
        text.prop_map(Value::from),
        vec(any::<u8>(), 0..300).prop_map(Value::from),
        moment.clone().prop_map(|moment| DateTime::from_microseconds(moment).unwrap().into()),
        moment.clone().prop_map(|moment| UtcDateTime::from_microseconds(moment).unwrap().into()),
        moment.clone().prop_map(|moment| DateTime::from_microseconds(moment).unwrap().parts().0.into()),
        moment.prop_map(|moment| DateTime::from_microseconds(moment).unwrap().parts().1.into()),
        ("[A-Z]{3}", any::<i64>()).prop_map(|(currency, minor)| Amount::new(&currency, minor).unwrap().into()),
        "-?[0-9]{1,30}(\\.[0-9]{0,9})?(E[+-][0-9]{1,9})?".prop_map(|digits| Value::Decimal(digits.parse().unwrap())),
    ]
}
