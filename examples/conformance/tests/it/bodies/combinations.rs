//! Values for fields that are made of others.

use serde_json::json;

use super::{Values, values};

pub(super) fn combinations() -> Vec<Values> {
    vec![
        values("nullable", [json!(null), json!(1)], [json!(0), json!("1"), json!([]), json!(false)]),
        values(
            "any",
            [json!(10), json!([]), json!("y")],
            [json!(9), json!([1, "x"]), json!("z"), json!(null), json!({"x": "y"})],
        ),
        values("all", [json!(7)], [json!(1), json!(6), json!(11), json!("7"), json!(7.0)]),
        values(
            "polymorph",
            [
                json!({"kind": "cat", "lives": 9}),
                json!({"name": "Rex", "kind": "dog"}),
                json!({"kind": 7}),
                json!({"kind": 7.0, "anything": {}}),
            ],
            [
                json!({"kind": "cat", "lives": 10}),
                json!({"kind": "cat", "name": "Tom"}),
                json!({"kind": "dog", "name": 5, "b": 1, "a": 2}),
                json!({"kind": "cow"}),
                json!({"kind": null}),
                json!({"kind": {"$bytes": "Y2F0"}}),
                json!({"kind": 1.50}),
            ],
        ),
        values(
            "deep_polymorph",
            [json!({"head": {"kind": "a"}}), json!({"head": {"kind": "b", "x": 1}})],
            [json!({"head": {"kind": "a"}, "tail": 1}), json!({"head": {"kind": "b"}, "tail": 1})],
        ),
        values("even", [json!(0), json!(-2)], [json!(1), json!(-7)]),
        values("map", [json!({}), json!({"a": 1})], [json!([]), json!(null), json!("{}")]),
        values("map_or_list", [json!({}), json!([1])], [json!(null), json!("{}"), json!(1)]),
    ]
}
