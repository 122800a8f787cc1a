//! The actions that every service has unless it declares its own of that name.

use std::sync::{Arc, LazyLock};

use futures_util::future::BoxFuture;
use soa_common::Body;

use super::{ActionContext, ActionInfo, DynAction, ErasedAction, introspect, status, typed};
use crate::{ActionError, Schema};

/// A built-in action with what it tells of itself.
pub(super) struct BuiltIn {
    pub(super) description: &'static str,
    /// What the body of a request must look like.
    pub(super) accepted: Schema,
    /// What introspection shows in place of that: the keys that the original knows.
    pub(super) request_schema: Schema,
    pub(super) response_schema: Schema,
    pub(super) run: fn(ActionContext, Body) -> BoxFuture<'static, Result<Body, ActionError>>,
}

/// The built-in actions in the order of their names.
pub(crate) fn built_in() -> &'static [(Arc<str>, ErasedAction)] {
    static ACTIONS: LazyLock<[(Arc<str>, ErasedAction); 2]> = LazyLock::new(|| {
        let erase = |action| ErasedAction(Arc::new(action));
        [("introspect".into(), erase(introspect::action())), ("status".into(), erase(status::action()))]
    });
    &*ACTIONS
}

impl DynAction for BuiltIn {
    fn call(&self, ctx: ActionContext, body: Body) -> BoxFuture<'_, Result<Body, ActionError>> {
        Box::pin(async move {
            typed::check_request(&self.accepted, &body.to_msgpack())?;
            (self.run)(ctx, body).await
        })
    }

    fn info(&self, name: &str) -> Vec<ActionInfo<'_>> {
        vec![ActionInfo {
            name: name.to_owned(),
            description: Some(self.description),
            request_schema: Some(&self.request_schema),
            response_schema: Some(&self.response_schema),
        }]
    }
}

#[cfg(test)]
mod tests {
    use soa_common::{Body, Context, Control, Map};

    use super::*;
    use crate::{
        Health, Service,
        action::{Scope, Switches},
    };

    #[tokio::test]
    async fn answers_are_what_their_schemas_promise() {
        let check = async |_: ActionContext| Ok(Health::good().error("E", "e").warning("W", "w").diagnostic("n", 5));
        let service = Service::builder("demo").build_id("7").check("check", check).build().unwrap();
        let scope = Arc::new(Scope {
            service,
            context: Context::default(),
            control: Control::default(),
            switches: Switches::default(),
            request_id: "17".into(),
            deadline: None,
        });
        for body in [Map::new(), Map::from([("action_name", "status")]), Map::from([("verbose", false)])] {
            for (name, action) in built_in() {
                let ctx = ActionContext::new(Arc::clone(&scope), Arc::clone(name));
                // Each action refuses the key of the other.
                if let Ok(answer) = action.call(ctx, Body::from(body.clone())).await {
                    let schema = action.info(name)[0].response_schema.unwrap();
                    assert_eq!(schema.validate(&answer.to_msgpack()), [], "{answer}");
                }
            }
        }
    }
}
