//! Middleware that settings name.

use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde_json::Value;
use soa_common::settings::{ClassConfig, Fault};

use super::BoxError;

/// What settings can name as middleware of one side, a `T` each.
pub(super) struct Registry<T>(Vec<(String, Reader<T>)>);

/// Reads the kwargs at a path of keys.
type Reader<T> = Box<dyn Fn(&ClassConfig, &str) -> Result<Maker<T>, Vec<Fault>>>;

/// Makes a middleware whose settings are right.
pub(super) type Maker<T> = Box<dyn FnOnce() -> Result<T, BoxError>>;

impl<T: 'static> Registry<T> {
    pub(super) fn add<K, F>(&mut self, name: String, make: F)
    where
        K: DeserializeOwned + 'static,
        F: Fn(K) -> Result<T, BoxError> + 'static,
    {
        let make = Rc::new(make);
        let reader = move |class: &ClassConfig, path: &str| {
            let (kwargs, make) = (read_kwargs(class, path)?, Rc::clone(&make));
            Ok(Box::new(move || make(kwargs)) as Maker<T>)
        };
        self.0.push((name, Box::new(reader)));
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| &**name).collect()
    }

    /// What makes the registered ones among the classes at `key`, the outermost first; what is wrong with their kwargs
    /// goes to `faults`.
    pub(super) fn read(&self, classes: &[ClassConfig], key: &str, faults: &mut Vec<Fault>) -> Vec<Maker<T>> {
        let mut makers = Vec::new();
        for (index, class) in classes.iter().enumerate() {
            let Some((_, reader)) = self.0.iter().find(|(name, _)| class.is(name)) else { continue };
            match reader(class, &format!("{key}.{index}.kwargs")) {
                Ok(maker) => makers.push(maker),
                Err(wrong) => faults.extend(wrong),
            }
        }
        makers
    }
}

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Reads kwargs into the type a middleware wants; keys it does not know are wrong.
fn read_kwargs<K: DeserializeOwned>(class: &ClassConfig, path: &str) -> Result<K, Vec<Fault>> {
    let kwargs = Value::Object(class.kwargs.clone());
    let (mut track, mut unknown) = (serde_path_to_error::Track::new(), Vec::new());
    let deserializer = serde_path_to_error::Deserializer::new(&kwargs, &mut track);
    let read = serde_ignored::deserialize(deserializer, |key| {
        unknown.push(Fault::new(format!("{path}.{key}"), "unknown key", "this middleware has no such setting"));
    });
    match read {
        Ok(read) if unknown.is_empty() => Ok(read),
        Ok(_) => Err(unknown),
        Err(error) => {
            let place = match track.path().to_string() {
                place if place == "." => path.to_owned(),
                place => format!("{path}.{place}"),
            };
            Err(vec![fault(place, &error.to_string())])
        }
    }
}

/// What serde says, without the value it found, which may be a secret.
fn fault(path: String, said: &str) -> Fault {
    match said.rsplit_once(", expected ") {
        Some((found, expected)) if found.starts_with("invalid ") => {
            let found = found.split(['`', '"']).next().unwrap_or_default().trim_end();
            Fault::new(path, found.replacen("invalid type: ", "found ", 1), format!("allowed is {expected}"))
        }
        _ => Fault::new(path, said, "see the documentation of this middleware"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Limits {
        _most: u8,
        _secret: Option<Secret>,
    }

    #[derive(Debug, serde::Deserialize)]
    struct Secret {
        _key: String,
    }

    fn check(kwargs: &Value, faults: &[&str]) {
        let class = ClassConfig::new("limits", kwargs.as_object().unwrap().clone());
        let found = read_kwargs::<Limits>(&class, "middleware.0.kwargs").err().unwrap_or_default();
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), faults);
    }

    #[test]
    fn wrong_kwargs_are_named_and_their_values_are_not() {
        use serde_json::json;
        check(&json!({ "_most": 3, "_secret": { "_key": "k" } }), &[]);
        check(
            &json!({ "_most": 3, "_most_": 4 }),
            &["middleware.0.kwargs._most_: unknown key; this middleware has no such setting"],
        );
        check(&json!({}), &["middleware.0.kwargs: missing field `_most`; see the documentation of this middleware"]);
        check(&json!({ "_most": "hunter2" }), &["middleware.0.kwargs._most: found string; allowed is u8"]);
        check(
            &json!({ "_most": 3, "_secret": { "_key": 77 } }),
            &["middleware.0.kwargs._secret._key: found integer; allowed is a string"],
        );
    }
}
