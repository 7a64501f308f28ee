//! ECMAScript regular expressions with bounded matching time.
