//! Jobs: what a client asks for and what a service answers (`docs/protocol.md`, section 4).

use bytes::Bytes;

use crate::{
    Body, Context, Control, Error, InvalidMessage, Value,
    body::{elements, entries, find},
    msgpack::{Writer, is_text, text, to_str},
};

/// A request that a service run one or more actions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobRequest {
    /// How to run the job.
    pub control: Control,
    /// What travels along the chain of calls.
    pub context: Context,
    /// The actions, at least one, run in order.
    pub actions: Vec<ActionRequest>,
}

/// A request that one action be run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActionRequest {
    /// The action's name.
    pub action: String,
    /// Its input.
    pub body: Body,
}

/// What a job gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobResponse {
    /// Errors of the job itself; with one, `context` and `actions` are empty.
    pub errors: Vec<Error>,
    /// Carries the request's correlation id back.
    pub context: Context,
    /// The responses of the actions that were run, in order.
    pub actions: Vec<ActionResponse>,
}

/// What one action gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActionResponse {
    /// The action's name.
    pub action: String,
    /// The action's errors; none when it succeeded.
    pub errors: Vec<Error>,
    /// Its output; empty with errors.
    pub body: Body,
}

impl ActionRequest {
    /// A request for an action with a body.
    #[must_use]
    pub fn new(action: impl Into<String>, body: Body) -> Self {
        Self { action: action.into(), body }
    }
}

impl JobResponse {
    /// A response that says the job itself failed.
    #[must_use]
    pub fn failed(errors: Vec<Error>) -> Self {
        Self { errors, ..Self::default() }
    }
}

impl JobRequest {
    /// Reads a job from the checked body of an envelope. A service proves the shape first; without that, what is
    /// missing or of the wrong kind reads as empty.
    #[must_use]
    pub fn from_body(body: &Bytes) -> Self {
        Self::read(body).0
    }

    /// As [`from_body`](Self::from_body). Says too whether the job has the shape that a service demands
    /// (`docs/protocol.md`, section 4): true only if it has. Of one with a part that stands twice that is left open.
    #[must_use]
    pub fn read(body: &Bytes) -> (Self, bool) {
        let (mut control, mut context, mut actions) = (None, None, Vec::new());
        let mut shape = Shape::default();
        shape.look_at(body, |shape, key, value| {
            if text(key) == b"control" {
                shape.required(0, is_control(value));
                control = Some(value);
            } else if text(key) == b"context" {
                shape.required(1, is_context(value));
                context = Some(value);
            } else if text(key) == b"actions" {
                let (read, are_right) = read_actions(body, value);
                shape.required(2, are_right);
                actions = read;
            } else {
                shape.demand(false);
            }
        });
        (Self { control: part(body, control).into(), context: part(body, context).into(), actions }, shape.is_right(3))
    }

    /// Appends the job as a map.
    pub(crate) fn write(&self, writer: &mut Writer<'_>) {
        writer.map(3);
        writer.text("control");
        self.control.as_body().write(writer);
        writer.text("context");
        self.context.as_body().write(writer);
        writer.text("actions");
        writer.list(self.actions.len());
        for action in &self.actions {
            writer.map(2);
            writer.text("action");
            writer.text(&action.action);
            writer.text("body");
            action.body.write(writer);
        }
    }
}

impl Control {
    /// The control header of a raw job; empty where the job has none.
    #[must_use]
    pub fn of_job(job: &Bytes) -> Self {
        part(job, find(job, "control")).into()
    }
}

impl Context {
    /// The context header of a raw job; empty where the job has none.
    #[must_use]
    pub fn of_job(job: &Bytes) -> Self {
        part(job, find(job, "context")).into()
    }
}

impl JobResponse {
    /// Reads a response from the checked body of an envelope.
    ///
    /// # Errors
    /// When it has not the shape of a response.
    pub fn from_body(body: &Bytes) -> Result<Self, InvalidMessage> {
        let (mut errors, mut context, mut actions) = (None, None, None);
        let is_map = entries(body, |key, value| {
            let key = text(key);
            if key == b"errors" {
                errors = Some(value);
            } else if key == b"context" {
                context = Some(value);
            } else if key == b"actions" {
                actions = Some(value);
            }
        });
        if is_map.is_none() {
            return Err(InvalidMessage::new("the body of the response is no map"));
        }
        Ok(Self {
            errors: errors.map_or(Ok(Vec::new()), read_errors)?,
            context: part(body, context).into(),
            actions: match actions {
                Some(actions) => {
                    list(actions)?.map(|action| read_action_response(body, action)).collect::<Result<_, _>>()?
                }
                None => Vec::new(),
            },
        })
    }

    /// Appends the response as a map; `is_caller_error` only for peers that know it.
    pub(crate) fn write(&self, writer: &mut Writer<'_>, with_is_caller_error: bool) {
        writer.map(3);
        write_errors(writer, &self.errors, with_is_caller_error);
        writer.text("context");
        self.context.as_body().write(writer);
        writer.text("actions");
        writer.list(self.actions.len());
        for action in &self.actions {
            writer.map(3);
            writer.text("action");
            writer.text(&action.action);
            write_errors(writer, &action.errors, with_is_caller_error);
            writer.text("body");
            action.body.write(writer);
        }
    }
}

fn write_errors(writer: &mut Writer<'_>, errors: &[Error], with_is_caller_error: bool) {
    writer.text("errors");
    writer.list(errors.len());
    for error in errors {
        error.write(writer, with_is_caller_error);
    }
}

/// What a map has of what is demanded of it.
#[derive(Default)]
struct Shape {
    /// A bit for each required key that is there.
    seen: u8,
    is_wrong: bool,
}

impl Shape {
    fn of(map: &[u8], entry: impl FnMut(&mut Self, &[u8], &[u8])) -> Self {
        let mut shape = Self::default();
        shape.look_at(map, entry);
        shape
    }

    #[inline(always)]
    fn look_at<'a>(&mut self, map: &'a [u8], mut entry: impl FnMut(&mut Self, &'a [u8], &'a [u8])) {
        let is_map = entries(map, |key, value| entry(self, key, value));
        self.demand(is_map.is_some());
    }

    fn demand(&mut self, is_right: bool) {
        self.is_wrong |= !is_right;
    }

    fn required(&mut self, number: u8, is_right: bool) {
        self.seen |= 1 << number;
        self.demand(is_right);
    }

    /// Whether it is right, with so many required keys.
    fn is_right(&self, required: u8) -> bool {
        !self.is_wrong && self.seen == (1 << required) - 1
    }
}

fn is_control(control: &[u8]) -> bool {
    let shape = Shape::of(control, |shape, key, value| {
        if text(key) == b"continue_on_error" {
            shape.required(0, is_bool(value));
        } else if text(key) == b"suppress_response" {
            shape.demand(is_bool(value));
        }
    });
    shape.is_right(1)
}

fn is_context(context: &[u8]) -> bool {
    let shape = Shape::of(context, |shape, key, value| {
        if text(key) == b"correlation_id" {
            shape.required(0, is_text(value));
        } else if text(key) == b"switches" {
            shape.required(1, elements(value).is_some_and(|mut switches| switches.all(is_integer)));
        } else if [&b"caller"[..], b"calling_service"].contains(&text(key)) {
            shape.demand(is_text(value));
        }
    });
    shape.is_right(2)
}

/// The actions of a job, and whether they are what they have to be.
fn read_actions(frame: &Bytes, actions: &[u8]) -> (Vec<ActionRequest>, bool) {
    // Most jobs have one.
    let (mut read, mut are_right) = (Vec::with_capacity(1), true);
    for action in elements(actions).into_iter().flatten() {
        let (mut name, mut body) = (None, None);
        let mut shape = Shape::default();
        shape.look_at(action, |shape, key, value| {
            if text(key) == b"action" {
                shape.required(0, is_text(value));
                name = Some(value);
            } else if text(key) == b"body" {
                shape.look_at(value, |shape, key, _| shape.demand(is_text(key)));
                body = Some(value);
            } else {
                shape.demand(false);
            }
        });
        are_right &= shape.is_right(1);
        read.push(ActionRequest {
            action: name.and_then(to_str).unwrap_or_default().to_owned(),
            body: part(frame, body),
        });
    }
    let are_right = are_right && !read.is_empty();
    (read, are_right)
}

fn read_action_response(frame: &Bytes, action: &[u8]) -> Result<ActionResponse, InvalidMessage> {
    let (mut name, mut errors, mut body) = (None, None, None);
    entries(action, |key, value| {
        let key = text(key);
        if key == b"action" {
            name = Some(value);
        } else if key == b"errors" {
            errors = Some(value);
        } else if key == b"body" {
            body = Some(value);
        }
    });
    let no_name = || InvalidMessage::new("an action of the response has no name");
    Ok(ActionResponse {
        action: name.and_then(to_str).ok_or_else(no_name)?.to_owned(),
        errors: errors.map_or(Ok(Vec::new()), read_errors)?,
        body: part(frame, body),
    })
}

fn read_errors(errors: &[u8]) -> Result<Vec<Error>, InvalidMessage> {
    list(errors)?.map(|error| Error::from_value(Value::from_msgpack(error)?)).collect()
}

fn list(list: &[u8]) -> Result<impl Iterator<Item = &[u8]>, InvalidMessage> {
    elements(list).ok_or_else(|| InvalidMessage::new("the response holds something else where a list belongs"))
}

/// A part of a frame as a body, `{}` when it is absent.
fn part(frame: &Bytes, part: Option<&[u8]>) -> Body {
    part.map(|bytes| Body::from_checked(frame.slice_ref(bytes))).unwrap_or_default()
}

fn is_bool(value: &[u8]) -> bool {
    matches!(value, [0xc2 | 0xc3])
}

fn is_integer(value: &[u8]) -> bool {
    matches!(value, [0x00..=0x7f | 0xcc..=0xd3 | 0xe0..=0xff, ..])
}
