//! A schema as the map that introspection shows: Conformity's form, key order included.

use soa_common::{Map, Value};

use super::Schema;

impl Schema {
    /// The schema in the form of Conformity's introspection: a map whose first key is `type`.
    #[must_use]
    pub fn introspect(&self) -> Map {
        Map::from([("type", Value::from("anything"))])
    }
    /// The schema as a document of JSON Schema.
    #[must_use]
    pub fn to_json_schema(&self) -> Map {
        Map::new()
    }
}
