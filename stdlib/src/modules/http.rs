//! `http`: requests to web servers (krl-runtime §5.4; decision R9). Its host answers.

use crate::declare::signatures;

signatures! {
    module http;

    /// A GET request; answers a map with `content`, `content_type`, `content_length`, `headers`, `status_code` and `status_line`.
    /// `qs` is a map for the query string, `headers` one for the headers; `auth` has `username` and `password`. With `parseJSON` the content is
    /// decoded. With `autoraise` the event `http:get` is raised with the answer and that label; with `autosend`, a map with `eci`, `domain` and
    /// `name`, the answer is sent there as an event instead of being waited for.
    both get(
        url: STRING; qs: MAP|NULL, headers: MAP|NULL, body: ANY(STRING|NULL), auth: MAP|NULL, json: ANY, form: MAP|NULL,
        parseJSON: ANY(BOOLEAN|NULL), autoraise: ANY(STRING|NULL), autosend: MAP|NULL, dontFollowRedirect: ANY(BOOLEAN|NULL)
    ) -> MAP|NULL = Request {}
    /// A HEAD request, as `http:get` but without content.
    both head(
        url: STRING; qs: MAP|NULL, headers: MAP|NULL, body: ANY(STRING|NULL), auth: MAP|NULL, json: ANY, form: MAP|NULL,
        parseJSON: ANY(BOOLEAN|NULL), autoraise: ANY(STRING|NULL), autosend: MAP|NULL, dontFollowRedirect: ANY(BOOLEAN|NULL)
    ) -> MAP|NULL = Request {}
    /// A POST request; parameters and answer as for `http:get`.
    /// The body is `body`, else `json` encoded, else `form` encoded as a form.
    action post(
        url: STRING; qs: MAP|NULL, headers: MAP|NULL, body: ANY(STRING|NULL), auth: MAP|NULL, json: ANY, form: MAP|NULL,
        parseJSON: ANY(BOOLEAN|NULL), autoraise: ANY(STRING|NULL), autosend: MAP|NULL, dontFollowRedirect: ANY(BOOLEAN|NULL)
    ) -> MAP|NULL = Request {}
    /// A PUT request; parameters as for `http:post`.
    action put(
        url: STRING; qs: MAP|NULL, headers: MAP|NULL, body: ANY(STRING|NULL), auth: MAP|NULL, json: ANY, form: MAP|NULL,
        parseJSON: ANY(BOOLEAN|NULL), autoraise: ANY(STRING|NULL), autosend: MAP|NULL, dontFollowRedirect: ANY(BOOLEAN|NULL)
    ) -> MAP|NULL = Request {}
    /// A PATCH request; parameters as for `http:post`.
    action patch(
        url: STRING; qs: MAP|NULL, headers: MAP|NULL, body: ANY(STRING|NULL), auth: MAP|NULL, json: ANY, form: MAP|NULL,
        parseJSON: ANY(BOOLEAN|NULL), autoraise: ANY(STRING|NULL), autosend: MAP|NULL, dontFollowRedirect: ANY(BOOLEAN|NULL)
    ) -> MAP|NULL = Request {}
    /// A DELETE request; parameters as for `http:post`.
    action delete(
        url: STRING; qs: MAP|NULL, headers: MAP|NULL, body: ANY(STRING|NULL), auth: MAP|NULL, json: ANY, form: MAP|NULL,
        parseJSON: ANY(BOOLEAN|NULL), autoraise: ANY(STRING|NULL), autosend: MAP|NULL, dontFollowRedirect: ANY(BOOLEAN|NULL)
    ) -> MAP|NULL = Request {}
}
