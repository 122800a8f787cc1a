//! The built-in action `status`: versions, and what the checks of the service find.

mod check;
mod health;
mod services;

use soa_common::{Body, Map, Value, envelope::PYSOA_VERSION};

use super::{ActionContext, built_in::BuiltIn};
use crate::schema::{Boolean, Dictionary, List, SchemalessDictionary, Tuple, UnicodeString};

pub(crate) use check::Check;
pub use health::Health;

impl<S> ActionContext<S> {
    /// What the built-in action `status` answers (`docs/protocol.md`, section 5). A service that declares a `status` of
    /// its own can start from it. Only a verbose one runs the checks of the service.
    ///
    /// ```
    /// use soa_common::{Body, Map};
    /// use soa_server::{ActionContext, ActionError, Service};
    ///
    /// async fn status(ctx: ActionContext, body: Map) -> Result<Body, ActionError> {
    ///     let verbose = body.get("verbose").and_then(|verbose| verbose.as_bool()).unwrap_or(true);
    ///     let mut status = ctx.status(verbose).await.into_map();
    ///     status.insert("region", "eu-west");
    ///     Ok(status.into())
    /// }
    ///
    /// let service = Service::builder("invoices").action("status", status).build()?;
    /// # Ok::<(), soa_server::BuildError>(())
    /// ```
    pub async fn status(&self, verbose: bool) -> Body {
        let service = self.service();
        let mut status = Map::from([("version", service.version().unwrap_or("unknown"))]);
        if let Some(build) = service.build_id().filter(|build| !build.is_empty()) {
            status.insert("build", build);
        }
        status.insert("pysoa", PYSOA_VERSION.map(|part| part.to_string()).join("."));
        status.insert("soa_server", env!("CARGO_PKG_VERSION"));
        status.insert("rust", env!("SOA_RUST_VERSION"));
        if verbose {
            let ctx = self.clone().with_state(().into());
            status.insert("healthcheck", Map::from(check::run(service.checks(), &ctx).await));
        }
        status.into()
    }
}

pub(super) fn action() -> BuiltIn {
    let verbose = Boolean::new().description(
        "Whether the checks of the service are run. When false they are not, `healthcheck` is absent and the answer \
         comes at once. True unless given.",
    );
    let request_schema = Dictionary::new().optional("verbose", verbose);
    BuiltIn {
        description: "Tells the versions of the service and of what it is built with, its build if it has one, and, \
                      unless `verbose` is false, what the checks of the service find. Checks run only then.",
        accepted: request_schema.clone().into(),
        request_schema: request_schema.into(),
        response_schema: response_schema().into(),
        run: |ctx, body| {
            let verbose = body.get("verbose") != Some(Value::Bool(false));
            Box::pin(async move { Ok(ctx.status(verbose).await) })
        },
    }
}

fn response_schema() -> Dictionary {
    let text = |description: &str| UnicodeString::new().description(description);
    let problems = |description: &str, code: &str, text_of: &str| {
        List::new(Tuple::new([text(code), text(text_of)])).description(description)
    };
    let healthcheck = Dictionary::new()
        .optional("warnings", problems("What somebody should look at.", "The code of the warning", "The warning"))
        .optional("errors", problems("What keeps the service from its work.", "The code of the error", "What is wrong"))
        .optional(
            "diagnostics",
            SchemalessDictionary::new()
                .keys(UnicodeString::new())
                .description("What else the checks found worth knowing."),
        )
        .description("What the checks of the service found.");
    Dictionary::new()
        .optional("build", text("Which build of its version the service is."))
        .optional("healthcheck", healthcheck)
        .required("pysoa", text("The version of PySOA whose protocol is spoken."))
        .required("rust", text("The version of the compiler."))
        .required("soa_server", text("The version of the framework."))
        .required("version", text("The version of the service."))
}
