//! How many instructions the cases take, counted by callgrind: run `scripts/bench-budget`.
#![allow(missing_docs, reason = "the macros write functions without")]

use gungraun::{Callgrind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};
use soa_benches::{Case, RUNS, prepare, with_cases};

macro_rules! benchmarks {
    ($($module:ident { $($case:ident),* })*) => {
        $(
            #[library_benchmark]
            $(#[bench::$case(prepare(soa_benches::$module::$case))])*
            fn $module(mut case: Case) -> Case {
                for _ in 0..RUNS {
                    case.run();
                }
                // Dropped outside of what is counted.
                case
            }
        )*
        library_benchmark_group!(name = cases, benchmarks = [$($module),*]);
    };
}

with_cases!(benchmarks);

main!(
    config = LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no"])),
    library_benchmark_groups = cases
);
