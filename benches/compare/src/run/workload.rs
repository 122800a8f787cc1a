//! What the contenders have to do.

use super::contender::Contender::{
    self, Bare, BareTransaction, Nats, Ours, OursNull, OursQuiet, OursToPysoa, Pysoa, PysoaMsgpack1, PysoaToOurs, Tonic,
};

/// The concurrencies that targets speak of.
const TARGETS: [usize; 3] = [1, 64, 256];

/// The others of the plot.
const SWEEP: [usize; 8] = [2, 4, 8, 16, 32, 128, 512, 1024];

/// Those of a quick run.
const QUICK_SWEEP: [usize; 2] = [8, 1024];

/// In how many rounds the plot's other concurrencies are measured.
const SWEEP_ROUNDS: usize = 3;

/// Something that contenders are compared by.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Its kind, and behind a stroke how much of it.
    pub name: String,
    pub(super) kind: Kind,
    /// Calls at one time.
    pub(super) inflight: usize,
    /// Of a body.
    pub(super) bytes: usize,
    /// Worker processes of our server.
    pub(super) workers: usize,
    /// Redis masters.
    pub(super) masters: usize,
    /// Who does it.
    pub contenders: Vec<Contender>,
    /// In how many rounds at most.
    pub rounds: usize,
}

/// How it is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// By a client that calls for a while; this is what it calls.
    Loop(&'static str),
    /// By the sizes of processes.
    Memory,
    /// By the time from the start of a server to the answer to a call that waits for it.
    Start,
}

impl Workload {
    fn new(name: String, inflight: usize, contenders: &[Contender]) -> Self {
        let (contenders, rounds) = (contenders.to_vec(), usize::MAX);
        let kind = Kind::Loop("echo");
        Self { name, kind, inflight, bytes: 100, workers: 1, masters: 1, contenders, rounds }
    }

    fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// All of them, in the order in which they are done.
    #[must_use]
    pub fn all(is_quick: bool) -> Vec<Self> {
        let mut all = Vec::new();
        for inflight in TARGETS {
            let mut contenders =
                vec![Ours, OursNull, OursQuiet, Bare, BareTransaction, Pysoa, PysoaMsgpack1, Nats, Tonic];
            if inflight != 256 {
                contenders.extend([PysoaToOurs, OursToPysoa]);
            }
            all.push(Self::new(format!("echo/{inflight}"), inflight, &contenders));
        }
        let large = [Ours, OursNull, OursQuiet, Bare, BareTransaction, PysoaMsgpack1, Nats, Tonic];
        all.push(Self::new("large/64".to_owned(), 64, &large).bytes(10_000));
        let both = [Ours, Pysoa, PysoaMsgpack1];
        let chunks = [Ours, OursNull, OursQuiet, Pysoa, PysoaMsgpack1];
        all.push(Self::new("chunks/4".to_owned(), 4, &chunks).kind(Kind::Loop("big")).bytes(1_000_000));
        all.push(Self::new("parallel/1000".to_owned(), 1, &both).kind(Kind::Loop("parallel")));
        for (name, work) in [("calm/16", "echo"), ("mixed/16", "mixed")] {
            all.push(Self::new(name.to_owned(), 16, &[Ours]).kind(Kind::Loop(work)));
        }
        for inflight in [10_000, 64] {
            for workers in [1, 2, 4] {
                let workload = Self::new(format!("workers-{inflight}/{workers}"), inflight, &[Ours]);
                all.push(Self { workers, ..workload });
            }
            for masters in [1, 2, 3, 4] {
                let workload = Self::new(format!("masters-{inflight}/{masters}"), inflight, &[Ours]);
                all.push(Self { masters, ..workload });
            }
        }
        all.push(Self::new("memory/10000".to_owned(), 10_000, &[Ours, PysoaMsgpack1]).kind(Kind::Memory));
        all.push(Self::new("start/1".to_owned(), 1, &[Ours, PysoaMsgpack1]).kind(Kind::Start));
        let sweep = if is_quick { &QUICK_SWEEP[..] } else { &SWEEP };
        for &inflight in sweep {
            let workload = Self::new(format!("echo/{inflight}"), inflight, &[Ours, Bare, PysoaMsgpack1, Nats, Tonic]);
            all.push(Self { rounds: SWEEP_ROUNDS, ..workload });
        }
        all
    }
}
