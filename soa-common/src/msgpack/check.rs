use super::{Reader, Token};
use crate::{InvalidMessage, Value};

/// How deep lists and maps may nest.
pub const MAX_DEPTH: usize = 128;

/// Proves that `bytes` hold exactly one value that is whole and harmless: nesting at most [`MAX_DEPTH`], UTF-8 texts,
/// known and well-formed extensions, scalar map keys, nothing behind it. Allocates nothing.
///
/// # Errors
/// Says what is wrong and at which offset.
pub fn check(bytes: &[u8]) -> Result<(), InvalidMessage> {
    let mut reader = Reader::new(bytes);
    let mut open = [Container::default(); MAX_DEPTH];
    let mut depth = 0;
    loop {
        let start = reader.position();
        let token = reader.token()?;
        let container = match token {
            Token::List(length) => Some(Container { left: u64::from(length), is_map: false }),
            Token::Map(length) => Some(Container { left: u64::from(length) * 2, is_map: true }),
            Token::Ext(kind, payload) => {
                Value::check_ext(kind, payload)
                    .map_err(|error| InvalidMessage::new(format!("at offset {start}: {error}")))?;
                None
            }
            _ => None,
        };
        if depth > 0 {
            let parent = &mut open[depth - 1];
            if parent.is_map && parent.left % 2 == 0 && container.is_some() {
                return Err(InvalidMessage::new(format!("a map key at offset {start} is a list or a map")));
            }
            parent.left -= 1;
        }
        if let Some(container) = container {
            if depth == MAX_DEPTH {
                return Err(InvalidMessage::new(format!(
                    "lists and maps nest deeper than {MAX_DEPTH} at offset {start}"
                )));
            }
            open[depth] = container;
            depth += 1;
        }
        while depth > 0 && open[depth - 1].left == 0 {
            depth -= 1;
        }
        if depth == 0 {
            break;
        }
    }
    if !reader.is_at_end() {
        return Err(InvalidMessage::new(format!(
            "{} bytes stand behind the value, from offset {}",
            bytes.len() - reader.position(),
            reader.position()
        )));
    }
    Ok(())
}

#[derive(Clone, Copy, Default)]
struct Container {
    left: u64,
    is_map: bool,
}
