//! What a job must look like before anything of it is run (`docs/protocol.md`, section 4).

use std::sync::LazyLock;

use soa_common::JobRequest;

use crate::schema::{Boolean, Dictionary, Integer, List, Path, Schema, SchemalessDictionary, UnicodeString, Violation};

/// Everything that is wrong with a raw job.
pub(crate) fn check_raw(job: &[u8]) -> Vec<Violation> {
    JOB.validate(job)
}

/// The same for a job that was read already, or never was bytes.
pub(crate) fn check(job: &JobRequest) -> Vec<Violation> {
    let part = |key, schema: &Schema, raw: &[u8]| schema.validate_at(&Path::Key(&Path::Top, key), raw);
    let mut violations = part("control", &CONTROL, &job.control.as_body().to_msgpack());
    violations.extend(part("context", &CONTEXT, &job.context.as_body().to_msgpack()));
    let actions = Path::Key(&Path::Top, "actions");
    if job.actions.is_empty() {
        violations.extend(part("actions", &ACTIONS, &[0x90]));
    }
    for (index, action) in (0..).zip(&job.actions) {
        let path = Path::Key(&Path::Index(&actions, index), "body");
        violations.extend(BODY.validate_at(&path, &action.body.to_msgpack()));
    }
    violations
}

static JOB: LazyLock<Schema> = LazyLock::new(|| {
    let job = Dictionary::new().required("control", CONTROL.clone());
    job.required("context", CONTEXT.clone()).required("actions", ACTIONS.clone()).into()
});

static CONTROL: LazyLock<Schema> = LazyLock::new(|| {
    let control = Dictionary::new().required("continue_on_error", Boolean::new());
    control.optional("suppress_response", Boolean::new()).allow_extra_keys().into()
});

static CONTEXT: LazyLock<Schema> = LazyLock::new(|| {
    let context =
        Dictionary::new().optional("caller", UnicodeString::new()).optional("calling_service", UnicodeString::new());
    let context =
        context.required("correlation_id", UnicodeString::new()).required("switches", List::new(Integer::new()));
    context.allow_extra_keys().into()
});

static ACTIONS: LazyLock<Schema> = LazyLock::new(|| {
    let action = Dictionary::new().required("action", UnicodeString::new()).optional("body", BODY.clone());
    List::new(action).min_length(1).into()
});

static BODY: LazyLock<Schema> = LazyLock::new(|| SchemalessDictionary::new().keys(UnicodeString::new()).into());

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};
    use serde_json::json;
    use soa_common::{Body, msgpack};

    use super::*;

    fn jobs() -> impl Strategy<Value = Vec<u8>> {
        let control = json!({"continue_on_error": false, "suppress_response": true, "timeout": 2});
        let context = json!({"correlation_id": "c", "switches": [5, -7], "caller": "ä", "extra": [{}]});
        let plain = json!({"correlation_id": "", "switches": []});
        let jobs = [
            json!({"control": control, "context": context, "actions": [{"action": "a", "body": {"x": [1], "y": "z"}}]}),
            json!({"actions": [{"body": {}, "action": "a"}, {"action": "b"}], "context": plain, "control": control}),
        ];
        let jobs: Vec<_> = jobs.iter().map(|job| Body::encode(job).unwrap().to_msgpack().to_vec()).collect();
        proptest::sample::select(jobs)
    }

    proptest! {
        #[test]
        fn a_job_has_the_shape_that_the_schemas_demand(
            job in jobs(),
            changes in vec((any::<prop::sample::Index>(), any::<u8>(), 0..4), 0..3),
        ) {
            let mut job = job;
            let is_as_it_was = changes.is_empty();
            for (place, byte, change) in changes {
                let place = place.index(job.len());
                match change {
                    0 => drop(job.remove(place)),
                    1 => job.insert(place, byte),
                    // One kind of value becomes another one of about the same length.
                    2 => job[place] = [0x80, 0x90, 0xa0, 0xc0, 0xc1, 0xc2, 0xc4, 0xd4][usize::from(byte % 8)],
                    _ => job[place] = job[place].wrapping_add(byte % 3).wrapping_sub(1),
                }
            }
            if msgpack::check(&job).is_ok() {
                let (_, has_shape) = JobRequest::read(&job.clone().into());
                let is_valid = check_raw(&job).is_empty();
                // Of a part that stands twice the last one counts for the schemas.
                prop_assert!(is_valid || !has_shape);
                prop_assert!(has_shape || !is_as_it_was);
            }
        }
    }
}
