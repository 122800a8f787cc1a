//! Answers without what may differ between two right ones.

use serde_json::{Value as Json, json};

/// Takes out process ids, tracebacks, what an exception says, and the order of switches (a set in Python).
pub(crate) fn comparable(mut answer: Json) -> Json {
    level(&mut answer);
    answer
}

/// Where two answers begin to differ, if they do. The order of keys counts.
pub(crate) fn difference(found: &Json, expected: &Json) -> Option<String> {
    let texts = [found, expected].map(|json| json.to_string().chars().collect::<Vec<_>>());
    let [found, expected] = &texts;
    let start = found.iter().zip(expected).take_while(|(found, expected)| found == expected).count();
    let part = |text: &[char]| text.iter().skip(start.saturating_sub(100)).take(400).collect::<String>();
    (found != expected).then(|| format!("  found    …{}\n  expected …{}\n", part(found), part(expected)))
}

fn level(value: &mut Json) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(level),
        Json::Object(entries) => {
            if entries.contains_key("raises") {
                entries.remove("message");
            }
            for (key, value) in entries {
                match (key.as_str(), &mut *value) {
                    ("pid", Json::Number(_)) => *value = json!("a process id"),
                    ("traceback", _) => *value = Json::Null,
                    ("switches", Json::Array(switches)) => switches.sort_by_key(Json::as_i64),
                    _ => level(value),
                }
            }
        }
        _ => {}
    }
}
