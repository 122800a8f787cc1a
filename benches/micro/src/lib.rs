//! What the microbenchmarks measure: the parts of a request, and the whole of it apart from Redis.
//!
//! Each case is written once, as a function of one of the modules here. `benches/instructions.rs` counts its instructions
//! and `benches/time.rs` its time; [`budget`] holds the counts against what they may be.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be prepared has nothing to go on with")]

use std::{hint::black_box, sync::Once};

use tracing::Level;

pub mod budget;

pub mod body;
pub mod client;
pub mod dispatch;
pub mod envelope;
mod fixtures;
pub mod frame;
pub mod middleware;
pub mod redaction;
pub mod server;
pub mod validation;

/// Gives a macro the names of all cases, by module.
#[macro_export]
macro_rules! with_cases {
    ($macro:ident) => {
        $macro! {
            frame { encode, decode, chunks }
            envelope { encode_request, decode_request, encode_response, decode_response }
            body { encode_echo, decode_echo, encode_order, decode_order, encode_page, decode_page }
            validation { echo, order, page, invalid_order }
            redaction { echo, order }
            dispatch { echo, ten_echoes, order, unknown_action }
            middleware { stack_of_0, stack_of_3, stack_of_10 }
            server { request, request_of_page }
            client { call, call_of_page }
        }
    };
}

/// How often the counted part of a benchmark runs its case: what happens only now and then, such as the growth of a
/// buffer, is shared out.
pub const RUNS: u32 = 100;

/// How often a case runs before it is measured: what is done only once is done.
const WARM_UP: u32 = 50;

/// Something to measure.
pub struct Case(Box<dyn FnMut()>);

impl Case {
    /// A case that does this; dropping what comes out of it is part of it.
    fn new<T>(mut run: impl FnMut() -> T + 'static) -> Self {
        Self(Box::new(move || drop(black_box(run()))))
    }

    /// Does it once.
    pub fn run(&mut self) {
        (self.0)();
    }
}

/// Makes a case ready, in a process that logs as a server does by default.
#[must_use]
pub fn prepare(case: fn() -> Case) -> Case {
    static LOG: Once = Once::new();
    LOG.call_once(|| soa_server::log_to_stderr(Level::INFO, "worker-1").unwrap());
    let mut case = case();
    for _ in 0..WARM_UP {
        case.run();
    }
    case
}

#[cfg(test)]
mod tests {
    macro_rules! run_once {
        ($($module:ident { $($case:ident),* })*) => {
            $($(crate::$module::$case().run();)*)*
        };
    }

    #[test]
    fn all_cases_run() {
        with_cases!(run_once);
    }
}
