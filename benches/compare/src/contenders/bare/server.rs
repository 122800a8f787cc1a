use std::sync::Arc;

use super::{
    Form, connect,
    envelope::{self, ActionResponse, EXPIRY, Envelope, Job, JobResponse, Meta, ResponseContext},
    pop,
    pusher::{self, Push},
};
use crate::{BoxError, SERVICE, load::say};

/// Sends back what comes, until it is killed.
///
/// # Errors
/// When Redis breaks the connection.
pub async fn serve(redis: &str, form: Form) -> Result<(), BoxError> {
    let queue = format!("pysoa:service.{SERVICE}");
    let pusher = pusher::start(connect(redis).await?, form);
    let mut connection = connect(redis).await?;
    say("ready")?;
    let mut last: Arc<str> = "".into();
    loop {
        let now = envelope::now();
        for frame in pop(&mut connection, &queue).await? {
            let request: Envelope<'_, Job<'_>> = envelope::read(&frame)?;
            if request.meta.__expiry__ < now {
                continue;
            }
            // Mostly the list of the message before.
            if last.strip_prefix("pysoa:") != Some(request.meta.reply_to) {
                last = format!("pysoa:{}", request.meta.reply_to).into();
            }
            let answer = envelope::write(&answer(request, now), frame.len() + 64)?;
            pusher.send(Push { list: Arc::clone(&last), frame: answer })?;
        }
    }
}

fn answer<'a>(request: Envelope<'a, Job<'a>>, now: f64) -> Envelope<'a, JobResponse<'a>> {
    let [action] = request.body.actions;
    Envelope {
        request_id: request.request_id,
        meta: Meta { atomic_chunks: true, __expiry__: now + f64::from(EXPIRY), ..request.meta },
        body: JobResponse {
            errors: [],
            context: ResponseContext { correlation_id: request.body.context.correlation_id },
            actions: [ActionResponse { action: action.action, errors: [], body: action.body }],
        },
    }
}
