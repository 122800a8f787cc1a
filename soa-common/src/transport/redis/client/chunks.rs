//! Puts the pieces of chunked responses together again (`docs/protocol.md`, section 3).

use bytes::Bytes;

use super::peek;
use crate::{
    InvalidMessage,
    frame::{Chunk, Frame},
    serializer::Serializer,
};

/// The most pieces a response may have. With the smallest pieces that PySOA cuts (100 KiB) this is 1 GB, so it never
/// refuses what [`MOST_BYTES`] allows.
const MOST_PIECES: u32 = 10_000;

/// The most bytes a response in pieces may have: half of what Redis takes as one value, and a thousand times the
/// default limit of a response. It bounds what a service that never sends its last piece can make a client hold.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// The frames of one list, of which some are pieces of a response.
///
/// A piece does not say which response it belongs to. That is safe because two responses that are mixed begin with two
/// first pieces, and whichever comes second comes in the midst of the other's: the list then takes no more pieces, so
/// nothing is ever put together of two responses. This needs every frame of the list to be seen; where some were lost,
/// what is put together is not certain.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    state: State,
    /// Whether frames of the list were lost.
    has_gap: bool,
}

#[derive(Debug, Default)]
enum State {
    /// Between two responses.
    #[default]
    Idle,
    /// Some pieces of a response are here.
    Started(Stream),
    /// A piece broke the order: pieces are dropped from now on, whole responses are not.
    Poisoned,
}

/// What a frame led to.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// A whole message: the frame itself, or the one whose last piece it is.
    pub(super) message: Option<Message>,
    /// The responses that are lost with this frame.
    pub(super) lost: Vec<Lost>,
}

/// A payload with the serializer that its frame names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) serializer: Option<Serializer>,
    pub(super) payload: Bytes,
    /// Whether it is one response, however the service pushes pieces.
    pub(super) is_certain: bool,
}

/// A response that cannot be put together any more.
#[derive(Debug)]
pub(super) struct Lost {
    /// The request it answers, when its first piece was here and says so.
    pub(super) request_id: Option<u64>,
    pub(super) reason: &'static str,
}

#[derive(Debug)]
struct Stream {
    serializer: Option<Serializer>,
    count: u32,
    size: usize,
    pieces: Vec<Bytes>,
}

impl Assembly {
    /// Takes the next frame of the list.
    pub(super) fn add(&mut self, frame: Frame) -> Step {
        let Some(chunk) = frame.chunk else {
            let lost = match self.is_started() {
                true => self.poison("a whole response came between its pieces"),
                false => Vec::new(),
            };
            let message = Message { serializer: frame.serializer, payload: frame.payload, is_certain: true };
            return Step { message: Some(message), lost };
        };
        match self.add_piece(chunk, &frame) {
            Ok(message) => Step { message, lost: Vec::new() },
            Err(reason) => {
                let mut lost = self.poison(reason);
                if chunk.id == Some(1) {
                    lost.push(Lost { request_id: peek::request_id(&frame.payload), reason });
                }
                Step { message: None, lost }
            }
        }
    }

    /// Takes no more pieces; gives the response whose pieces were coming in.
    pub(super) fn poison(&mut self, reason: &'static str) -> Vec<Lost> {
        match std::mem::replace(&mut self.state, State::Poisoned) {
            State::Idle => vec![Lost { request_id: None, reason }],
            State::Started(stream) => vec![Lost { request_id: stream.request_id(), reason }],
            State::Poisoned => Vec::new(),
        }
    }

    /// Takes note that frames were lost: starts anew with the next first piece. Gives the response whose pieces were
    /// coming in.
    pub(super) fn skip(&mut self, reason: &'static str) -> Option<Lost> {
        self.has_gap = true;
        if !self.is_started() {
            return None;
        }
        let lost = self.poison(reason).pop();
        self.state = State::Idle;
        lost
    }

    /// Whether pieces are held that wait for the rest.
    pub(super) fn is_started(&self) -> bool {
        matches!(self.state, State::Started(_))
    }

    /// Whether no piece has come, or all pieces of what came.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    fn add_piece(&mut self, place: Chunk, frame: &Frame) -> Result<Option<Message>, &'static str> {
        let (Some(count), Some(id)) = (place.count, place.id) else {
            return Err("a piece does not say which of how many it is");
        };
        if count > MOST_PIECES {
            return Err("it has more than 10,000 pieces");
        }
        if !(1..=count).contains(&id) {
            return Err("a piece has no place among the pieces");
        }
        if id == 1 {
            if self.is_started() {
                return Err("the first piece of another response came between its pieces");
            }
            if self.is_idle() {
                self.state =
                    State::Started(Stream { serializer: frame.serializer, count, size: 0, pieces: Vec::new() });
            }
        }
        let stream = match &mut self.state {
            State::Started(stream) => stream,
            State::Idle if self.has_gap => return Ok(None),
            State::Idle => return Err("its first piece is missing"),
            State::Poisoned => return Err("pieces of several responses were mixed"),
        };
        let expected = (stream.pieces.len() + 1, stream.count, stream.serializer);
        if (id as usize, count, frame.serializer) != expected {
            return Err("its pieces are out of order or belong to several responses");
        }
        stream.size += frame.payload.len();
        if stream.size > MOST_BYTES {
            return Err("it is larger than a client accepts");
        }
        stream.pieces.push(frame.payload.clone());
        if id < count {
            return Ok(None);
        }
        let (serializer, payload) = (stream.serializer, stream.join());
        self.state = State::Idle;
        Ok(Some(Message { serializer, payload, is_certain: !self.has_gap }))
    }
}

impl Stream {
    fn join(&self) -> Bytes {
        match &self.pieces[..] {
            [whole] => whole.clone(),
            pieces => pieces.concat().into(),
        }
    }

    fn request_id(&self) -> Option<u64> {
        self.pieces.first().and_then(|first| peek::request_id(first))
    }
}

impl Lost {
    /// What the call that waits for the response is told.
    pub(super) fn error(&self) -> InvalidMessage {
        InvalidMessage::new(format!("the response came in pieces that cannot be put together: {}", self.reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds frames written `A1/2` (piece 1 of 2 of response A), `A` (whole) or `~` (some are lost), and gives what came
    /// of each: a payload, with `?` when it is not certain, `!` for every lost response, `-` for nothing.
    fn check(frames: &str, expected: &str) {
        let mut assembly = Assembly::default();
        let shown = frames.split(' ').map(|text| {
            let step = match text {
                "~" => Step { message: None, lost: assembly.skip("a gap").into_iter().collect() },
                text => assembly.add(frame(text)),
            };
            let message = step.message.map(|message| {
                String::from_utf8(message.payload.to_vec()).unwrap() + if message.is_certain { "" } else { "?" }
            });
            match "!".repeat(step.lost.len()) + &message.unwrap_or_default() {
                nothing if nothing.is_empty() => "-".to_owned(),
                something => something,
            }
        });
        assert_eq!(shown.collect::<Vec<_>>().join(" "), expected, "{frames}");
    }

    fn frame(text: &str) -> Frame {
        let chunk = text[1..].split_once('/').map(|(id, count)| format!("chunk-count:{count};chunk-id:{id};"));
        let (chunk, id) = (chunk.unwrap_or_default(), text[1..].split('/').next().unwrap());
        let raw = format!("pysoa-redis/3//content-type:application/msgpack;{chunk}{}{id}", &text[..1]);
        Frame::parse(&raw.into()).unwrap()
    }

    #[test]
    fn pieces_in_order_become_messages() {
        check("A", "A");
        check("A1/1", "A1");
        check("A1/2 A2/2 B1/3 B2/3 B3/3 C", "- A1A2 - - B1B2B3 C");
    }

    #[test]
    fn responses_never_mix() {
        check("A1/2 B1/2 A2/2 B2/2 C1/2 C2/2 D", "- !! - - ! - D");
        check("A1/2 B1/2 B2/2 A2/2 C", "- !! - - C");
        check("A1/3 A2/3 B1/3 A3/3 B2/3 B3/3", "- - !! - - -");
        check("A1/2 B1/1 A2/2", "- !! -");
    }

    #[test]
    fn a_list_whose_order_is_broken_takes_no_more_pieces() {
        check("A2/2 A B1/2 B2/2", "! A ! -");
        check("A1/3 A3/3 A2/3 B", "- ! - B");
        check("A1/3 B2/2 B", "- ! B");
        check("A1/2 B A2/2 C", "- !B - C");
        check("A0/2 A", "! A");
        check("A3/2 A", "! A");
        check("A1/10001 A2/10001 A", "!! - A");
        check("A1/0 A", "!! A");
    }

    #[test]
    fn behind_a_gap_only_whole_messages_are_certain() {
        check("A1/2 ~ A2/2 B1/2 B2/2 C", "- ! - - B1B2? C");
        check("~ B1/2 A2/2 A1/3 B1/2 B2/2", "- - B1A2? - !! -");
        check("A1/2 B1/2 ~ A1/2 A", "- !! - ! A");
    }

    #[test]
    fn a_message_is_bounded_in_bytes() {
        let mut assembly = Assembly::default();
        let megabyte = Bytes::from(vec![b'a'; 1 << 20]);
        let mut add = |id| {
            let mut frame = frame("A1/1");
            (frame.chunk, frame.payload) = (Some(Chunk { count: Some(1_000), id: Some(id) }), megabyte.clone());
            assembly.add(frame).lost.len()
        };
        assert!((1..=256).all(|id| add(id) == 0));
        assert_eq!(add(257), 1);
    }

    #[test]
    fn a_lost_response_names_its_request() {
        let mut assembly = Assembly::default();
        let mut add = |id, payload: &'static [u8]| {
            let mut frame = frame("A1/1");
            (frame.chunk, frame.payload) = (Some(Chunk { count: Some(2), id: Some(id) }), payload.into());
            assembly.add(frame).lost.iter().map(|lost| lost.request_id).collect::<Vec<_>>()
        };
        assert_eq!(add(1, b"\x83\xaarequest_id\x01"), []);
        assert_eq!(add(1, b"\x83\xaarequest_id\x02"), [Some(1), Some(2)]);
        assert_eq!(add(2, b"rest"), []);
        assert_eq!(add(1, b"\x83\xaarequest_id\x03"), [Some(3)]);
    }
}
