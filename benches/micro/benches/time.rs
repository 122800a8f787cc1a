//! How long the cases take: `cargo bench -p soa-benches --bench time 2>/dev/null`, without the log that is part of them.

use divan::Bencher;
use soa_benches::{prepare, with_cases};

macro_rules! benchmarks {
    ($($module:ident { $($case:ident),* })*) => {$(
        mod $module {
            use super::*;
            $(
                #[divan::bench]
                fn $case(bencher: Bencher<'_, '_>) {
                    let mut case = prepare(soa_benches::$module::$case);
                    bencher.bench_local(|| case.run());
                }
            )*
        }
    )*};
}

with_cases!(benchmarks);

fn main() {
    divan::main();
}
