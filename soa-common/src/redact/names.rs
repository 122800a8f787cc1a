/// The sensitive fields in snake case; they also count in kebab case and camel case.
const FIELDS: &str = include_str!("fields.txt");

const KEYS_OF_JOBS: [&str; 6] = ["errors", "control", "context", "actions", "action", "body"];

/// The names of sensitive fields.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// For each length of a name, modulo this many, the marks of names that long. Hardly any other key passes.
    marks: [u64; 64],
    /// The names by their marks.
    names: Vec<Vec<String>>,
    /// Whether any name is a key of a job.
    pub(super) hold_keys_of_jobs: bool,
}

impl Names {
    pub(super) fn new(extra: impl Iterator<Item = String>) -> Self {
        let known = FIELDS.split_whitespace().flat_map(|name| [name.to_owned(), name.replace('_', "-"), camel(name)]);
        let mut names = Self { marks: [0; 64], names: vec![Vec::new(); 64], hold_keys_of_jobs: false };
        for name in known.chain(extra) {
            if !names.contains(name.as_bytes()) {
                let mark = mark(name.as_bytes());
                names.marks[name.len() % 64] |= 1 << mark;
                names.names[mark].push(name);
            }
        }
        names.hold_keys_of_jobs = KEYS_OF_JOBS.iter().any(|key| names.contains(key.as_bytes()));
        names
    }

    #[inline]
    pub(super) fn contains(&self, key: &[u8]) -> bool {
        let mark = mark(key);
        self.marks[key.len() % 64] & 1 << mark != 0 && self.names[mark].iter().any(|name| name.as_bytes() == key)
    }
}

/// A number below 64, which stands for three letters of a name.
#[inline]
fn mark(name: &[u8]) -> usize {
    let (Some(first), Some(last), Some(middle)) = (name.first(), name.last(), name.get(name.len() / 2)) else {
        return 0;
    };
    (usize::from(*first) + 3 * usize::from(*middle) + 9 * usize::from(*last)) % 64
}

/// `private_key` as `privateKey`.
fn camel(snake: &str) -> String {
    let mut is_start = false;
    let mut camel = String::with_capacity(snake.len());
    for letter in snake.chars() {
        match letter {
            '_' => is_start = true,
            letter => camel.push(if std::mem::take(&mut is_start) { letter.to_ascii_uppercase() } else { letter }),
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_nothing_else() {
        let long = "long".repeat(100);
        let names = Names::new([String::new(), long.clone(), "ä".to_owned(), "1".to_owned()].into_iter());
        for name in ["", "ä", "1", &long, "account_number", "account-number", "accountNumber", "cvc2s", "token"] {
            assert!(names.contains(name.as_bytes()), "{name:?}");
        }
        for name in ["ö", "2", "Token", "tokem", "toke", "tokens", "accountnumber", "account number", &long[1..]] {
            assert!(!names.contains(name.as_bytes()), "{name:?}");
        }
    }
}
