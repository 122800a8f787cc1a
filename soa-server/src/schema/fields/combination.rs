//! Fields made of other fields, and checks that are code.

use std::{fmt, sync::Arc};

use soa_common::{Value, msgpack::Token};

use crate::schema::{Schema, Violation};

/// Any of several schemas: the first that accepts the value wins. Without options everything is accepted.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Any {
    /// What the value means.
    pub description: Option<String>,
    /// What is tried, in order.
    pub options: Vec<Schema>,
}

/// All of several schemas.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct All {
    /// What the value means.
    pub description: Option<String>,
    /// What must accept the value.
    pub requirements: Vec<Schema>,
}

/// A map whose schema depends on the value under one of its keys.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Polymorph {
    /// What the value means.
    pub description: Option<String>,
    /// The key; dots step into maps.
    pub switch_field: String,
    /// The schema of the whole value for each value of the key, each of them once. The one under `__default__` takes all
    /// others.
    pub contents_map: Vec<(Value, Schema)>,
}

/// A value that a function says yes to.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct BooleanValidator {
    /// What the value means.
    pub description: Option<String>,
    /// What the function checks, for people.
    pub validator: String,
    /// What is told when it says no.
    pub error: String,
    pub(in crate::schema) function: Function,
}

/// A map or a list, whatever is in it: PySOA's instances of Python classes, of which the wire carries these two.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ObjectInstance {
    /// What the value means.
    pub description: Option<String>,
    /// The classes.
    pub valid_type: Vec<ObjectClass>,
}

/// A Python class that the wire carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObjectClass {
    /// A map.
    Dict,
    /// A list.
    List,
}

/// A named check that runs when nothing else is wrong with a value.
#[derive(Clone)]
pub struct AdditionalValidator {
    /// The name that introspection shows.
    pub name: String,
    pub(in crate::schema) check: Arc<Check>,
}

type Check = dyn Fn(&Value) -> Vec<Violation> + Send + Sync;

/// The function of a [`BooleanValidator`].
#[derive(Clone)]
pub(in crate::schema) enum Function {
    /// Looks at scalars, and at the length of what is none.
    Token(Arc<dyn Fn(Token<'_>) -> bool + Send + Sync>),
    /// Looks at the whole value, which is decoded for it.
    Value(Arc<dyn Fn(&Value) -> bool + Send + Sync>),
}

impl Any {
    /// Any of these.
    #[must_use]
    pub fn new<O: Into<Schema>>(options: impl IntoIterator<Item = O>) -> Self {
        Self { description: None, options: options.into_iter().map(Into::into).collect() }
    }

    /// Adds an option, which is tried after those before.
    #[must_use]
    pub fn or(mut self, option: impl Into<Schema>) -> Self {
        self.options.push(option.into());
        self
    }

    described!();
}

impl All {
    /// All of these.
    #[must_use]
    pub fn new<R: Into<Schema>>(requirements: impl IntoIterator<Item = R>) -> Self {
        Self { description: None, requirements: requirements.into_iter().map(Into::into).collect() }
    }

    /// Adds a requirement.
    #[must_use]
    pub fn and(mut self, requirement: impl Into<Schema>) -> Self {
        self.requirements.push(requirement.into());
        self
    }

    described!();
}

impl Polymorph {
    /// A map whose schema depends on the value under this key; dots step into maps.
    #[must_use]
    pub fn new(switch_field: impl Into<String>) -> Self {
        Self { description: None, switch_field: switch_field.into(), contents_map: Vec::new() }
    }

    /// The schema of the whole value where the key holds this value, in the place of an earlier one.
    #[must_use]
    pub fn when(mut self, value: impl Into<Value>, schema: impl Into<Schema>) -> Self {
        let (value, schema) = (value.into(), schema.into());
        match self.contents_map.iter_mut().find(|(other, _)| *other == value) {
            Some((_, other)) => *other = schema,
            None => self.contents_map.push((value, schema)),
        }
        self
    }

    /// The schema of the whole value where the key holds anything else: what [`when`](Self::when) declares under
    /// `__default__`.
    #[must_use]
    pub fn otherwise(self, schema: impl Into<Schema>) -> Self {
        self.when("__default__", schema)
    }

    described!();
}

impl BooleanValidator {
    /// A check by a function. `validator` says for people what it checks, `error` what is wrong when it says no.
    ///
    /// ```
    /// use soa_server::schema::{BooleanValidator, Schema};
    ///
    /// let even = BooleanValidator::new("x % 2 == 0", "Not an even number", |value| {
    ///     value.as_i64().is_some_and(|number| number % 2 == 0)
    /// });
    /// assert_eq!(Schema::from(even).validate(&[0x03])[0].message, "Not an even number");
    /// ```
    #[must_use]
    pub fn new(
        validator: impl Into<String>,
        error: impl Into<String>,
        function: impl Fn(&Value) -> bool + Send + Sync + 'static,
    ) -> Self {
        let function = Function::Value(Arc::new(function));
        Self { description: None, validator: validator.into(), error: error.into(), function }
    }

    described!();
}

impl ObjectInstance {
    /// A value of any of these classes.
    #[must_use]
    pub fn new(classes: impl IntoIterator<Item = ObjectClass>) -> Self {
        Self { description: None, valid_type: classes.into_iter().collect() }
    }

    described!();

    /// The classes as Python prints them.
    pub(in crate::schema) fn python_type(&self) -> String {
        let classes: Vec<_> = self.valid_type.iter().map(|class| format!("<class '{}'>", class.name())).collect();
        match &*classes {
            [class] => class.clone(),
            classes => format!("({})", classes.join(", ")),
        }
    }
}

impl ObjectClass {
    /// The name of the class in Python.
    pub(in crate::schema) fn name(self) -> &'static str {
        match self {
            Self::Dict => "dict",
            Self::List => "list",
        }
    }
}

impl AdditionalValidator {
    /// A check that gives all that is wrong; the pointers it gives lead on from the value.
    #[must_use]
    pub fn new(name: impl Into<String>, check: impl Fn(&Value) -> Vec<Violation> + Send + Sync + 'static) -> Self {
        Self { name: name.into(), check: Arc::new(check) }
    }
}

impl PartialEq for AdditionalValidator {
    /// Code is equal only to itself.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.check, &other.check)
    }
}

impl fmt::Debug for AdditionalValidator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AdditionalValidator").field(&self.name).finish()
    }
}

impl PartialEq for Function {
    /// Code is equal only to itself.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Token(a), Self::Token(b)) => Arc::ptr_eq(a, b),
            (Self::Value(a), Self::Value(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Function")
    }
}
