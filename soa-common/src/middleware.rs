//! The engine that runs stacks of middleware, the same for every level: jobs and actions on a server, requests and
//! responses on a client.
//!
//! A level names its types and how an erased middleware is called; [`run`] does the rest. The first middleware of a
//! stack is the outermost.
//!
//! ```
//! use std::sync::Arc;
//! use futures_util::future::BoxFuture;
//! use soa_common::middleware::{self, Level, Next};
//!
//! struct Doubling;
//! impl Level for Doubling {
//!     type Request = i64;
//!     type Response = i64;
//!     type Middleware = Add;
//!
//!     fn call<'a>(add: &'a Add, request: i64, next: Next<'a, Self>) -> BoxFuture<'a, i64> {
//!         Box::pin(async move { next.run(request + add.0).await })
//!     }
//! }
//! struct Add(i64);
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let stack = [Arc::new(Add(1)), Arc::new(Add(10))];
//! let response = middleware::run::<Doubling, _, _>(&stack, 3, |number| async move { number * 2 });
//! assert_eq!(response.await, 28);
//! # }
//! ```

use std::{fmt, future::Future, sync::Arc};

use futures_util::future::BoxFuture;

/// A level that middleware can wrap.
pub trait Level: Sized + 'static {
    /// What goes in.
    type Request: Send;
    /// What comes out.
    type Response: Send;
    /// The erased middleware, usually a `dyn` twin of the trait users implement.
    type Middleware: ?Sized + Send + Sync;

    /// Calls one middleware.
    fn call<'a>(
        middleware: &'a Self::Middleware,
        request: Self::Request,
        next: Next<'a, Self>,
    ) -> BoxFuture<'a, Self::Response>;
}

/// What stands below a middleware: the rest of the stack and what it wraps.
pub struct Next<'a, L: Level> {
    stack: &'a [Arc<L::Middleware>],
    inner: &'a Inner<'a, L>,
}

/// What the whole stack wraps.
type Inner<'a, L> = dyn Fn(<L as Level>::Request) -> BoxFuture<'a, <L as Level>::Response> + Send + Sync + 'a;

impl<'a, L: Level> Next<'a, L> {
    /// Goes on with the request. A middleware that answers without calling it short-circuits the rest; one that
    /// tries again runs its copy.
    pub fn run(self, request: L::Request) -> BoxFuture<'a, L::Response> {
        match self.stack.split_first() {
            Some((outermost, stack)) => L::call(outermost, request, Self { stack, ..self }),
            None => (self.inner)(request),
        }
    }
}

impl<L: Level> Clone for Next<'_, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L: Level> Copy for Next<'_, L> {}

impl<L: Level> fmt::Debug for Next<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").field("middleware_left", &self.stack.len()).finish_non_exhaustive()
    }
}

/// Runs a request through a stack and what it wraps. With an empty stack that is all there is: nothing is boxed.
pub async fn run<L, F, Fut>(stack: &[Arc<L::Middleware>], request: L::Request, inner: F) -> L::Response
where
    L: Level,
    F: Fn(L::Request) -> Fut + Send + Sync,
    Fut: Future<Output = L::Response> + Send,
{
    if stack.is_empty() {
        return inner(request).await;
    }
    let inner = |request| -> BoxFuture<'_, _> { Box::pin(inner(request)) };
    Next::<L> { stack, inner: &inner }.run(request).await
}
