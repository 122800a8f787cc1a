//! Lists and maps.

use serde_json::json;

use super::{Values, values};

pub(super) fn containers() -> Vec<Values> {
    vec![
        values(
            "list",
            [json!([1]), json!([1, 2, 3])],
            [
                json!([]),
                json!([1, 2, 3, 4]),
                json!(["a", 1, null, 2.5]),
                json!({}),
                json!("abc"),
                json!({"$bytes": "YQ=="}),
            ],
        ),
        values(
            "ascending",
            [json!([]), json!([1]), json!([-5, 1, u64::MAX])],
            [json!([1, 1]), json!([3, 2, 1]), json!([1, 5, 2, 2]), json!([1, "x", 0]), json!(5)],
        ),
        values("matrix", [json!([]), json!([[], [1.5, 2]])], [json!([[1, "a"], 5, [[]]]), json!([1.5])]),
        values(
            "sequence",
            [json!([]), json!("ab"), json!({"$bytes": "YWE="}), json!(["a", 97, 97.0])],
            [json!("abc\u{e9}"), json!("c"), json!({"$bytes": "YWI="}), json!(["c", null]), json!({}), json!(5)],
        ),
        values("set", [], [json!("x"), json!({}), json!(null)]),
        values("tuple", [], [json!("x"), json!({}), json!(null)]),
        values(
            "dictionary",
            [
                json!({"$map": [[5, "x"]]}),
                json!({"$map": [["a", {"b.c": true, "": null}], [5, ""], ["z", 1]]}),
                json!({"$map": [[5.0, "x"]]}),
            ],
            [
                json!({}),
                json!({"5": "x"}),
                json!({"$map": [[5, 5], ["z", "z"], ["a", {"b.c": 1, "": 1, "c": 2, "\u{e9}": 3}]]}),
                json!({"$map": [["a", {}], [5, "x"]]}),
                json!({"$map": [["a", null], ["z", null]]}),
                json!([5]),
                json!(null),
            ],
        ),
        values(
            "open_dictionary",
            [json!({"known": 1}), json!({"known": 1, "other": [], "": null})],
            [json!({"other": 1}), json!({"known": "1", "other": 1}), json!("known")],
        ),
        values(
            "sum",
            [json!({"whole": 3, "parts": [1, 2]}), json!({"parts": [], "whole": 0})],
            [
                json!({"whole": 4, "parts": [1, 2]}),
                json!({"whole": 4, "parts": [1, "2"]}),
                json!({"parts": [1]}),
                json!({"x": 1, "y": 2}),
            ],
        ),
        values(
            "schemaless",
            [json!({}), json!({"$map": [[1, 1], [null, 2], [{"$bytes": "AA=="}, 3]]})],
            [json!([]), json!(null)],
        ),
        values(
            "by_number",
            [json!({"$map": [[0, {"name": "a"}], [u64::MAX, {"name": "b"}]]})],
            [
                json!({}),
                json!({"1": {"name": "a"}}),
                json!({"$map": [[-1, {"name": 1}], [1, {}], [2, {"name": "a", "b": 1}]]}),
                json!({"$map": [[true, {"name": "a"}], [1.5, {"name": "b"}]]}),
                json!([{"name": "a"}]),
            ],
        ),
        values(
            "by_text",
            [json!({}), json!({"ab": 1, "\u{1f600}\u{1f600}": []})],
            [json!({"abc": 1, "a": 1, "\u{1f600}\u{1f600}\u{1f600}": 1}), json!({"$map": [[1, 1]]}), json!("ab")],
        ),
    ]
}
