//! A stub takes the place of the service `users`; it is given to the code under test, never patched in globally.

use serde_json::json;
use soa_test::Stubs;
use stubbed::greeting;

#[tokio::test]
async fn greets_by_name() {
    let stubs = Stubs::new();
    let get_user = stubs.action("users", "get_user").returns(json!({"name": "Ada"}));

    assert_eq!(greeting(&stubs.client(), 7).await.unwrap(), "Hello, Ada!");

    get_user.assert_called_once_with(json!({"user_id": 7}));
}
