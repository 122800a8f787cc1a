//! Jobs: what a client asks for and what a service answers (`docs/protocol.md`, section 4).

use bytes::Bytes;

use crate::{
    Body, Context, Control, Error, InvalidMessage, Value, body,
    msgpack::{Reader, Token, Writer},
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
        let (mut control, mut context, mut actions) = (None, None, None);
        body::entries(body, |key, value| match key {
            b"control" => control = Some(value),
            b"context" => context = Some(value),
            b"actions" => actions = Some(value),
            _ => {}
        });
        Self {
            control: part(body, control).into(),
            context: part(body, context).into(),
            actions: actions.map(|actions| read_actions(body, actions)).unwrap_or_default(),
        }
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
        part(job, body::find(job, "control")).into()
    }
}

impl Context {
    /// The context header of a raw job; empty where the job has none.
    #[must_use]
    pub fn of_job(job: &Bytes) -> Self {
        part(job, body::find(job, "context")).into()
    }
}

impl JobResponse {
    /// Reads a response from the checked body of an envelope.
    ///
    /// # Errors
    /// When it has not the shape of a response.
    pub fn from_body(body: &Bytes) -> Result<Self, InvalidMessage> {
        let (mut errors, mut context, mut actions) = (None, None, None);
        let is_map = body::entries(body, |key, value| match key {
            b"errors" => errors = Some(value),
            b"context" => context = Some(value),
            b"actions" => actions = Some(value),
            _ => {}
        });
        if is_map.is_none() {
            return Err(InvalidMessage::new("the body of the response is no map"));
        }
        Ok(Self {
            errors: errors.map_or(Ok(Vec::new()), read_errors)?,
            context: part(body, context).into(),
            actions: match actions {
                Some(actions) => {
                    elements(actions)?.map(|action| read_action_response(body, action?)).collect::<Result<_, _>>()?
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

fn read_actions(frame: &Bytes, actions: &[u8]) -> Vec<ActionRequest> {
    let Ok(actions) = elements(actions) else {
        return Vec::new();
    };
    actions
        .filter_map(Result::ok)
        .map(|action| {
            let (mut name, mut body) = (None, None);
            body::entries(action, |key, value| match key {
                b"action" => name = Some(value),
                b"body" => body = Some(value),
                _ => {}
            });
            ActionRequest { action: text(name).unwrap_or_default(), body: part(frame, body) }
        })
        .collect()
}

fn read_action_response(frame: &Bytes, action: &[u8]) -> Result<ActionResponse, InvalidMessage> {
    let (mut name, mut errors, mut body) = (None, None, None);
    body::entries(action, |key, value| match key {
        b"action" => name = Some(value),
        b"errors" => errors = Some(value),
        b"body" => body = Some(value),
        _ => {}
    });
    Ok(ActionResponse {
        action: text(name).ok_or_else(|| InvalidMessage::new("an action of the response has no name"))?,
        errors: errors.map_or(Ok(Vec::new()), read_errors)?,
        body: part(frame, body),
    })
}

fn read_errors(errors: &[u8]) -> Result<Vec<Error>, InvalidMessage> {
    elements(errors)?.map(|error| Error::from_value(Value::from_msgpack(error?)?)).collect()
}

/// A part of a frame as a body, `{}` when it is absent.
fn part(frame: &Bytes, part: Option<&[u8]>) -> Body {
    part.map(|bytes| Body::from_checked(frame.slice_ref(bytes))).unwrap_or_default()
}

fn text(value: Option<&[u8]>) -> Option<String> {
    match Reader::new(value?).token() {
        Ok(Token::Text(text)) => Some(text.to_owned()),
        _ => None,
    }
}

/// The bytes of each element of a list.
fn elements(list: &[u8]) -> Result<impl Iterator<Item = Result<&[u8], InvalidMessage>>, InvalidMessage> {
    let mut reader = Reader::new(list);
    match reader.token()? {
        // The last one is what is left.
        Token::List(length) => {
            Ok((0..length).rev().map(move |left| if left == 0 { Ok(reader.rest()) } else { reader.skip() }))
        }
        _ => Err(InvalidMessage::new("the response holds something else where a list belongs")),
    }
}
