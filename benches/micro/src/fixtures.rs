//! The bodies and messages that the cases are about.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soa_common::{
    ActionRequest, ActionResponse, Body, Context, Control, JobRequest, JobResponse, Map, Value,
    envelope::{self, RequestEnvelope, RequestMeta},
    frame::{self, Frame, ProtocolVersion},
    serializer::Serializer,
};

/// No clock is read: messages expire in the year 2100.
pub(crate) const EXPIRY: f64 = 4_102_444_800.0;

/// A body of 100 bytes.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(crate) struct Echo {
    #[schemars(length(min = 1, max = 1000))]
    text: String,
}

/// A nested body with rules, of about 1 KB.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(crate) struct Order {
    #[schemars(regex(pattern = "^[A-Z]{2}-[0-9]{4}$"))]
    number: String,
    customer: Customer,
    state: State,
    #[schemars(length(min = 1, max = 100))]
    lines: Vec<Line>,
    discount: Option<f64>,
    note: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Customer {
    #[schemars(length(max = 100))]
    name: String,
    #[schemars(email)]
    email: String,
    password: String,
    address: Address,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Address {
    street: String,
    city: String,
    country: String,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    Open,
    Paid { reference: String },
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Line {
    article: String,
    #[schemars(range(min = 1, max = 1000))]
    quantity: u32,
    price: f64,
    is_gift: bool,
}

/// A body of about 10 KB.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(crate) struct Page {
    rows: Vec<Row>,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Row {
    id: u64,
    name: String,
    email: String,
    score: f64,
    is_active: bool,
}

impl Echo {
    pub(crate) fn new() -> Self {
        Self { text: "a text that is long enough for one hundred bytes ".chars().cycle().take(92).collect() }
    }
}

impl Order {
    pub(crate) fn new() -> Self {
        let line = |number| Line {
            article: format!("article-{number}"),
            quantity: number,
            price: f64::from(number) * 9.99,
            is_gift: number.is_multiple_of(3),
        };
        Self {
            number: "DE-2041".to_owned(),
            customer: Customer {
                name: "Ada Lovelace".to_owned(),
                email: "ada@example.com".to_owned(),
                password: "hunter2".to_owned(),
                address: Address {
                    street: "Square 12".to_owned(),
                    city: "London".to_owned(),
                    country: "GB".to_owned(),
                },
            },
            state: State::Paid { reference: "0815-4711".to_owned() },
            lines: (1..=15).map(line).collect(),
            discount: None,
            note: Some("Leave it at the back door".to_owned()),
        }
    }

    /// An order with four mistakes.
    pub(crate) fn invalid() -> Self {
        let mut order = Self { number: "2041".to_owned(), ..Self::new() };
        order.customer.email = "nobody".to_owned();
        order.lines[3].quantity = 0;
        order.lines[7].quantity = 5000;
        order
    }
}

impl Page {
    pub(crate) fn new() -> Self {
        let row = |id: u32| Row {
            id: id.into(),
            name: format!("Person number {id}"),
            email: format!("person-{id}@example.com"),
            score: f64::from(id) / 7.0,
            is_active: id.is_multiple_of(2),
        };
        Self { rows: (0..126).map(row).collect() }
    }
}

pub(crate) fn body(value: &impl Serialize) -> Body {
    Body::encode(value).unwrap()
}

/// A job of some actions, with the headers that a client writes.
pub(crate) fn job(actions: impl IntoIterator<Item = (&'static str, Body)>) -> JobRequest {
    let context = Context::default()
        .with("correlation_id", "2f0c4f0e-5a0d-4c3e-9d53-8f1f4a6c2b17")
        .with("switches", vec![Value::from(5), Value::from(7)]);
    let actions = actions.into_iter().map(|(name, body)| ActionRequest::new(name, body));
    JobRequest { control: Control::default().with("continue_on_error", false), context, actions: actions.collect() }
}

/// The job as it comes from the wire.
pub(crate) fn raw_job(actions: impl IntoIterator<Item = (&'static str, Body)>) -> Bytes {
    let frame = Frame::parse(&request_frame(&job(actions))).unwrap();
    RequestEnvelope::decode(&frame.payload).unwrap().job
}

/// The frame of a request to the service `bench`.
pub(crate) fn request_frame(job: &JobRequest) -> Bytes {
    let mut frame = Vec::new();
    write_request_frame(&mut frame, 417, job);
    frame.into()
}

pub(crate) fn write_request_frame(frame: &mut Vec<u8>, request_id: u64, job: &JobRequest) {
    frame::write_headers(frame, ProtocolVersion::V3, Serializer::Msgpack);
    let reply_to = "service.bench.6f9619ff8b86d011b42d00c04fc964ff!1";
    let meta = RequestMeta { reply_to, expiry: EXPIRY, extra: &Map::new() };
    envelope::write_request(frame, request_id, meta, job);
}

/// The response of one action.
pub(crate) fn response(action: &str, body: Body) -> JobResponse {
    JobResponse {
        context: Context::default().with("correlation_id", "2f0c4f0e-5a0d-4c3e-9d53-8f1f4a6c2b17"),
        actions: vec![ActionResponse { action: action.to_owned(), body, ..ActionResponse::default() }],
        ..JobResponse::default()
    }
}

/// The frame of the response to such a request.
pub(crate) fn response_frame(action: &'static str, body: Body) -> Bytes {
    let request = Frame::parse(&request_frame(&job([(action, body.clone())]))).unwrap();
    let address = RequestEnvelope::decode(&request.payload).unwrap().address;
    let mut frame = Vec::new();
    frame::write_headers(&mut frame, ProtocolVersion::V3, Serializer::Msgpack);
    address.write_response(&mut frame, EXPIRY, &response(action, body));
    frame.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_the_sizes_they_are_named_for() {
        assert_eq!(body(&Echo::new()).to_msgpack().len(), 100);
        let sizes = [body(&Order::new()), body(&Page::new())].map(|body| body.to_msgpack().len());
        assert!((900..1100).contains(&sizes[0]) && (10_000..11_000).contains(&sizes[1]), "{sizes:?}");
    }
}
