use std::collections::HashSet;

/// The sensitive fields in snake case; they also count in kebab case and camel case.
const FIELDS: &str = include_str!("fields.txt");

/// The names of sensitive fields.
#[derive(Clone, Debug)]
pub(super) struct Names {
    all: HashSet<String>,
    /// For each length of a name, modulo this many, the first letters of names that long, modulo as many bits. Hardly
    /// any other key passes, and so none needs to be hashed.
    first_letters: [u64; 64],
}

impl Names {
    pub(super) fn new(extra: impl Iterator<Item = String>) -> Self {
        let known = FIELDS.split_whitespace().flat_map(|name| [name.to_owned(), name.replace('_', "-"), camel(name)]);
        let all: HashSet<_> = known.chain(extra).collect();
        let mut first_letters = [0; 64];
        for name in &all {
            first_letters[name.len() % 64] |= first_letter(name);
        }
        Self { all, first_letters }
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.first_letters[key.len() % 64] & first_letter(key) != 0 && self.all.contains(key)
    }
}

/// One bit, which all texts with the same first byte have in common.
fn first_letter(text: &str) -> u64 {
    1 << (text.bytes().next().unwrap_or_default() % 64)
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
