use soa_common::{Map, Value};

/// What a check of a service found; see [`ServiceBuilder::check`](crate::ServiceBuilder::check).
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a check gives what it found"]
pub struct Health {
    pub(super) errors: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    pub(super) diagnostics: Map,
}

/// A code that does not change, and what is wrong, for people.
pub(super) type Problem = (String, String);

impl Health {
    /// Nothing is wrong.
    pub fn good() -> Self {
        Self::default()
    }

    /// Adds something that keeps the service from its work. The code, such as `DATABASE_DOWN`, is for programs and
    /// stays the same; the description is for people. Every caller of the service can read it, so it holds no secret.
    pub fn error(mut self, code: impl Into<String>, description: impl Into<String>) -> Self {
        self.errors.push((code.into(), description.into()));
        self
    }

    /// Adds something that somebody should look at, as [`error`](Self::error) does.
    pub fn warning(mut self, code: impl Into<String>, description: impl Into<String>) -> Self {
        self.warnings.push((code.into(), description.into()));
        self
    }

    /// Adds something worth knowing. The checks of a service share one map: of those that give the same key the one
    /// that was declared last counts.
    pub fn diagnostic(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.diagnostics.insert(key, value);
        self
    }

    /// Adds what another check found.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.errors.extend(other.errors);
        self.warnings.extend(other.warnings);
        for (key, value) in other.diagnostics {
            // All keys are texts, see `diagnostic`.
            if let Value::Text(key) = key {
                self.diagnostics.insert(key, value);
            }
        }
        self
    }
}

impl From<Health> for Map {
    fn from(health: Health) -> Self {
        let list = |problems: Vec<Problem>| -> Value {
            let pair = |(code, description): Problem| Value::List(vec![code.into(), description.into()]);
            problems.into_iter().map(pair).collect::<Vec<_>>().into()
        };
        Self::from([
            ("errors", list(health.errors)),
            ("warnings", list(health.warnings)),
            ("diagnostics", health.diagnostics.into()),
        ])
    }
}
