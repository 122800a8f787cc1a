//! Measures this project beside PySOA, a bare pair on Redis, NATS and tonic, all in one run on one machine.
//!
//! Every contender is a server process and a client process. [`run`] starts them for each cell of a table, one contender
//! after the other and round after round; [`report`] makes tables and a plot of what they measured.

pub mod contenders;
pub mod load;
pub mod payload;
pub mod report;
pub mod results;
pub mod run;
pub mod stats;

/// Any error, on its way to the person at the terminal.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The name of the service, and of what stands for it elsewhere.
pub const SERVICE: &str = "compare";
