use crate::{Body, Value, msgpack::Writer};

macro_rules! header {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name(Body);

        impl $name {
            /// The value under a key, whether the protocol knows the key or not.
            #[must_use]
            pub fn get(&self, key: &str) -> Option<Value> {
                self.0.get(key)
            }

            /// The same header with one more value, in the place of an earlier one under this key.
            #[must_use]
            pub fn with(self, key: &str, value: impl Into<Value>) -> Self {
                if self.0.is_empty() {
                    return Self(Body::of_one(key, |writer| writer.value(&value.into())));
                }
                let mut map = self.0.into_map();
                map.insert(key, value);
                Self(map.into())
            }

            /// The whole header.
            #[must_use]
            pub fn as_body(&self) -> &Body {
                &self.0
            }

            /// The entries of the header.
            #[must_use]
            pub fn into_map(self) -> crate::Map {
                self.0.into_map()
            }
        }

        impl From<Body> for $name {
            fn from(body: Body) -> Self {
                Self(body)
            }
        }

        impl From<crate::Map> for $name {
            fn from(map: crate::Map) -> Self {
                Self(map.into())
            }
        }
    };
}

header!(
    /// The context header of a job: what travels along a chain of calls (`docs/protocol.md`, section 4).
    Context
);
header!(
    /// The control header of a job: how this one job is to be run (`docs/protocol.md`, section 4).
    Control
);

impl Context {
    /// The context of the first call of a chain: its correlation id, and no switches.
    #[must_use]
    pub fn of_new_chain(correlation_id: &str) -> Self {
        // The exact size with an id of the usual 32 digits, so that it is allocated once.
        let mut context = Vec::with_capacity(28 + correlation_id.len());
        let mut writer = Writer::new(&mut context);
        writer.map(2);
        writer.text("correlation_id");
        writer.text(correlation_id);
        writer.text("switches");
        writer.list(0);
        Self(Body::from_checked(context.into()))
    }

    /// The id that ties together all calls made for one cause.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.text("correlation_id")
    }

    /// The same context with the correlation id of another one, or null where that has none.
    #[must_use]
    pub fn with_correlation_id_of(self, other: &Self) -> Self {
        match other.0.raw("correlation_id") {
            // It is written as it would be anew.
            Some(id @ ([0xa0..=0xbf, ..] | [0xd9, 32..=255, ..])) if self.0.is_empty() => {
                Self(Body::of_one("correlation_id", |writer| writer.raw(id)))
            }
            _ => self.with("correlation_id", other.correlation_id()),
        }
    }

    /// The active switches, in the order of the wire.
    #[must_use]
    pub fn switches(&self) -> Vec<i64> {
        self.0.integers("switches")
    }

    /// What the caller says of itself.
    #[must_use]
    pub fn caller(&self) -> Option<&str> {
        self.0.text("caller")
    }

    /// The service that makes this call, when a service makes it.
    #[must_use]
    pub fn calling_service(&self) -> Option<&str> {
        self.0.text("calling_service")
    }
}

impl Control {
    /// Whether later actions run after one with errors; false by default.
    #[must_use]
    pub fn continue_on_error(&self) -> bool {
        self.0.bool("continue_on_error").unwrap_or(false)
    }

    /// Whether the job is run without sending a response; false by default.
    #[must_use]
    pub fn suppress_response(&self) -> bool {
        self.0.bool("suppress_response").unwrap_or(false)
    }

    /// How many seconds the caller is going to wait, when it says so: a number above 0.
    #[must_use]
    pub fn timeout(&self) -> Option<f64> {
        self.get("timeout").and_then(|value| value.as_f64()).filter(|seconds| *seconds > 0.0 && seconds.is_finite())
    }
}
