/// Room that is always kept, in bytes.
const KEPT: usize = 16 * 1024;

/// A text whose room is kept for the next one: a large one would cost the system its pages each time.
#[derive(Default)]
pub(super) struct Room {
    pub(super) text: Vec<u8>,
    /// How long texts were of late.
    usual: usize,
}

impl Room {
    /// Empties it, and keeps the room of long texts while such come.
    pub(super) fn clear(&mut self) {
        self.usual = self.text.len().max(self.usual - self.usual / 16);
        self.text.clear();
        let kept = KEPT.max(self.usual);
        if self.text.capacity() > 2 * kept {
            self.text.shrink_to(kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_of_long_texts_is_kept_while_they_come() {
        let mut room = Room::default();
        let mut after = |length: usize| {
            room.text.resize(length, b'x');
            room.clear();
            room.text.capacity()
        };
        assert!(after(1 << 20) >= 1 << 20);
        assert!(after(10) >= 1 << 20);
        (0..200).for_each(|_| _ = after(10));
        assert!(after(10) <= 2 * KEPT);
    }
}
