//! What is sent and comes back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of an echo, in both directions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Echo {
    /// Any number
    #[schemars(range(min = 0))]
    pub number: i64,
    /// Any text
    pub text: String,
}

/// How large an answer is wanted.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Size {
    /// In bytes
    #[schemars(range(max = 16_000_000))]
    pub size: u32,
}

/// A large answer.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Blob {
    /// As many letters as were wanted
    pub blob: String,
}

/// How long an answer is to take.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Pause {
    /// In milliseconds
    pub milliseconds: u32,
}

impl Echo {
    /// An echo whose body has this many bytes as MessagePack, at least 16; the headers of long texts come on top.
    #[must_use]
    pub fn of_size(bytes: usize) -> Self {
        // The map, two keys, a small number and the header of a text of up to 255 bytes.
        const AROUND: usize = 1 + 7 + 1 + 5 + 2;
        Self { number: 7, text: "x".repeat(bytes.saturating_sub(AROUND)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_has_the_wanted_size() {
        for bytes in [50, 100, 200] {
            assert_eq!(rmp_serde::to_vec_named(&Echo::of_size(bytes)).unwrap().len(), bytes);
        }
    }
}
