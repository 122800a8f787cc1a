//! Texts and bytes.

use serde_json::json;

use super::{Values, values};

pub(super) fn texts() -> Vec<Values> {
    let a_to_z = json!({"$bytes": "YWJjZA=="});
    vec![
        values(
            "text",
            [json!("ab"), json!("é\u{1f600}\u{301}\u{0}")],
            [
                json!(""),
                json!("é"),
                json!("abcde"),
                json!("\u{1f600}".repeat(5)),
                json!(5),
                json!({"$bytes": "YWI="}),
                json!(["a", "b"]),
            ],
        ),
        values(
            "name",
            [json!("x"), json!("\u{200b}"), json!("\u{0}"), json!(" \u{a0}.")],
            [json!(""), json!(" \t\r\n"), json!("\u{a0}\u{2003}\u{1c}\u{1f}\u{85}\u{3000}"), json!(null)],
        ),
        values(
            "bytes",
            [json!({"$bytes": "AA=="}), json!({"$bytes": "wqA="})],
            [json!({"$bytes": ""}), json!({"$bytes": "IAk="}), a_to_z, json!("ab"), json!([97])],
        ),
        values(
            "unicode_decimal",
            [json!("1.50"), json!(" 1_0e5\n"), json!("sNaN12"), json!("-inf"), json!("+.5"), json!("\u{0661}\u{0662}")],
            [json!(""), json!("1.2.3"), json!("e5"), json!("1 0"), json!("0x1"), json!(1.5), json!({"$decimal": "1"})],
        ),
    ]
}
