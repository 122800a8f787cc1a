//! What Python's `str()` makes of a value.

use soa_common::Value;

use crate::schema::Moment;

/// The text of a value as Python's `str()` gives it.
pub(in crate::schema) fn text(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => float(*number),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => self::bytes(bytes),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.to_string(),
        Value::DateTime(moment) => Moment::from(*moment).to_string(),
        Value::UtcDateTime(moment) => Moment::from(*moment).to_string(),
        Value::Decimal(digits) => digits.to_string(),
        Value::Amount(amount) => amount.to_string(),
        Value::List(values) => format!("[{}]", joined(values.iter().map(inner))),
        Value::Map(map) => format!("{{{}}}", joined(map.iter().map(|(key, value)| inner(key) + ": " + &inner(value)))),
        _ => format!("{value:?}"),
    }
}

/// The text of a value inside of a list or a map. The original prints none of those, so this is like Python's `repr()`
/// only where that is easy.
fn inner(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("'{}'", text.escape_debug()),
        value => text(value),
    }
}

fn joined(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(", ")
}

/// The shortest digits that give the same float again, always with a point or an exponent.
pub(in crate::schema) fn float(number: f64) -> String {
    if !number.is_finite() {
        return match number {
            _ if number.is_nan() => "nan",
            _ if number > 0.0 => "inf",
            _ => "-inf",
        }
        .to_owned();
    }
    // Of two shortest texts that are equally near, Python takes the even one.
    let even = |even: String, shortest: String| if even.parse() == Ok(number) { even } else { shortest };
    let shortest = format!("{number:e}");
    let digits = shortest.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    let scientific = even(format!("{number:.*e}", digits - 1), shortest);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>().unwrap_or_default() {
        exponent @ ..-4 => format!("{mantissa}e-{:02}", -exponent),
        exponent @ 16.. => format!("{mantissa}e+{exponent}"),
        exponent => {
            let places = usize::try_from(digits as i32 - 1 - exponent).unwrap_or_default().max(1);
            even(format!("{number:.places$}"), format!("{number:?}"))
        }
    }
}

/// Bytes as a Python literal, `b'…'`.
fn bytes(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut text = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b' '..=b'~' if char::from(*byte) == quote => text.extend(['\\', quote]),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text.push(quote);
    text
}

#[cfg(test)]
mod tests {
    use soa_common::Map;

    use super::*;

    #[test]
    fn floats_print_as_in_python() {
        for (number, expected) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (2.5, "2.5"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-1.25e-7, "-1.25e-07"),
            (1_646_865_815_787.406_2, "1646865815787.4062"),
            (-863_591_490_622_442.2, "-863591490622442.2"),
            (5e-324, "5e-324"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float(number), expected);
        }
    }

    #[test]
    fn lists_and_maps_print_as_in_python() {
        let inner = Map::from([(Value::from("a'"), Value::Null), (1.into(), Value::Bytes(vec![1]))]);
        let list = Value::List(vec![1.into(), "x".into(), inner.into(), Value::List(vec![])]);
        assert_eq!(text(&list), r"[1, 'x', {'a\'': None, 1: b'\x01'}, []]");
    }

    #[test]
    fn bytes_print_as_in_python() {
        for (given, expected) in
            [(&b"x"[..], "b'x'"), (b"a'", "b\"a'\""), (b"'\"", "b'\\'\"'"), (b"\\\n\x00\xff", "b'\\\\\\n\\x00\\xff'")]
        {
            assert_eq!(bytes(given), expected);
        }
    }
}
