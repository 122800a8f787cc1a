//! Any text as a decimal, a date or a time: what is read is written the same or reads as equal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use soa_common::{Date, DateTime, Decimal, Time, UtcDateTime, json};

fuzz_target!(|text: &str| {
    if let Ok(decimal) = text.parse::<Decimal>() {
        assert_eq!(decimal.to_string(), text);
    }
    if let Ok(date) = text.parse::<Date>() {
        assert_eq!(date.to_string(), text);
    }
    if let Ok(time) = text.parse::<Time>() {
        assert_eq!(time.to_string().parse(), Ok(time));
    }
    if let Ok(naive) = text.parse::<DateTime>() {
        assert_eq!(naive.to_string().parse(), Ok(naive));
    }
    if let Ok(utc) = text.parse::<UtcDateTime>() {
        assert_eq!(utc.to_string().parse(), Ok(utc));
    }
    if let Ok(value) = serde_json::from_str(text) {
        let _ = json::from_json(value).map(|value| json::to_json(&value));
    }
});
