//! Who is measured.

use clap::ValueEnum;

/// A client and a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Contender {
    /// Ours as it comes.
    Ours,
    /// Ours with a log that goes to `/dev/null`: its lines are made, and nothing takes them.
    OursNull,
    /// Ours with `--log-level warning`, so that no request is logged.
    OursQuiet,
    /// The bare pair that pushes with the script.
    Bare,
    /// The bare pair that pushes with a transaction.
    BareTransaction,
    /// PySOA with the msgpack that it pins, which has no C extension on current Pythons.
    Pysoa,
    /// PySOA with msgpack 1.0.8, which has one.
    PysoaMsgpack1,
    /// NATS.
    Nats,
    /// tonic.
    Tonic,
    /// PySOA's client, msgpack 1.0.8, with our server.
    PysoaToOurs,
    /// Our client with PySOA's server, msgpack 1.0.8.
    OursToPysoa,
}

/// What answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    Ours(Log),
    Bare { form: &'static str },
    Pysoa(Python),
    Nats,
    Tonic,
}

/// What becomes of the log of our server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Log {
    File,
    Null,
    /// A file, and nothing below a warning.
    Warnings,
}

/// What calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Client {
    /// One of this program, by the name that its command line has for it.
    Rust(&'static str),
    Pysoa(Python),
}

/// One of the two Pythons with PySOA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Python {
    Pinned,
    Msgpack1,
}

impl Contender {
    /// As it is named on the command line, in files and in tables.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    pub(super) fn server(self) -> Server {
        match self {
            Self::Ours | Self::PysoaToOurs => Server::Ours(Log::File),
            Self::OursQuiet => Server::Ours(Log::Warnings),
            Self::OursNull => Server::Ours(Log::Null),
            Self::Bare => Server::Bare { form: "script" },
            Self::BareTransaction => Server::Bare { form: "transaction" },
            Self::Pysoa => Server::Pysoa(Python::Pinned),
            Self::PysoaMsgpack1 | Self::OursToPysoa => Server::Pysoa(Python::Msgpack1),
            Self::Nats => Server::Nats,
            Self::Tonic => Server::Tonic,
        }
    }

    pub(super) fn client(self) -> Client {
        match self {
            Self::Ours | Self::OursNull | Self::OursQuiet | Self::OursToPysoa => Client::Rust("ours"),
            Self::Bare => Client::Rust("bare"),
            Self::BareTransaction => Client::Rust("bare-transaction"),
            Self::Nats => Client::Rust("nats"),
            Self::Tonic => Client::Rust("tonic"),
            Self::Pysoa => Client::Pysoa(Python::Pinned),
            Self::PysoaMsgpack1 | Self::PysoaToOurs => Client::Pysoa(Python::Msgpack1),
        }
    }
}
