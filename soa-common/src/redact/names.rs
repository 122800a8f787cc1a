use std::collections::HashSet;

/// The sensitive fields in snake case; they also count in kebab case and camel case.
const FIELDS: &str = include_str!("fields.txt");

/// The names of sensitive fields.
#[derive(Clone, Debug)]
pub(super) struct Names {
    all: HashSet<String>,
    /// For each length of a name, modulo this many, the marks of names that long. Hardly any other key passes, and so
    /// hardly any is hashed.
    marks: [u64; 64],
}

impl Names {
    pub(super) fn new(extra: impl Iterator<Item = String>) -> Self {
        let known = FIELDS.split_whitespace().flat_map(|name| [name.to_owned(), name.replace('_', "-"), camel(name)]);
        let all: HashSet<_> = known.chain(extra).collect();
        let mut marks = [0; 64];
        for name in &all {
            marks[name.len() % 64] |= mark(name);
        }
        Self { all, marks }
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.marks[key.len() % 64] & mark(key) != 0 && self.all.contains(key)
    }
}

/// One bit, which stands for three letters of a name.
fn mark(name: &str) -> u64 {
    let name = name.as_bytes();
    let letter = |index: usize| u32::from(name.get(index).copied().unwrap_or_default());
    let last = name.len().saturating_sub(1);
    1 << ((letter(0) + 3 * letter(last / 2) + 9 * letter(last)) % 64)
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
            assert!(names.contains(name), "{name:?}");
        }
        for name in ["ö", "2", "Token", "tokem", "toke", "tokens", "accountnumber", "account number", &long[1..]] {
            assert!(!names.contains(name), "{name:?}");
        }
    }
}
