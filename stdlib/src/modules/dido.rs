//! `dido`: DIDComm messages between clouds (krl-runtime §5.10). Its host answers.

use crate::declare::signatures;

signatures! {
    module dido;

    /// Creates a decentralised identifier and its channel.
    fn generateDID(; isInvite: ANY(BOOLEAN|NULL)) -> ANY = Request {}
    /// Removes a decentralised identifier.
    fn deleteDID() -> ANY, variadic true = Request {}
    /// Changes a decentralised identifier.
    fn updateDID() -> ANY, variadic true = Request {}
    /// Replaces the identifier used with another party.
    fn rotateDID() -> ANY, variadic true = Request {}
    /// Replaces the identifier of an invitation.
    fn rotateInviteDID() -> ANY, variadic true = Request {}
    /// Keeps another party's document.
    fn storeDidDoc() -> ANY, variadic true = Request {}
    /// Says which identifier of this cloud goes with another party's.
    fn mapDid() -> ANY, variadic true = Request {}
    /// Forgets which identifiers go together.
    fn clearDidMap() -> ANY, variadic true = Request {}
    /// Forgets all documents.
    fn clearDidDocs() -> ANY, variadic true = Request {}
    /// Forgets replacements that the other party has not confirmed.
    fn clearPendingRotations() -> ANY, variadic true = Request {}
    /// Encrypts a message.
    fn pack() -> ANY, variadic true = Request {}
    /// Decrypts a message.
    fn unpack() -> ANY, variadic true = Request {}
    /// Says which event a type of message becomes.
    fn addRoute(type: STRING, domain: STRING, rule: STRING) -> ANY = Request {}
    /// Decrypts a message and raises the event, or asks the query, that it stands for.
    fn route(message: ANY(STRING|MAP)) -> ANY = Request {}
    /// Sends a message to another party.
    fn send(did: STRING, message: ANY(MAP)) -> ANY = Request {}
    /// Sends a query to another party and waits up to ten seconds for its answer.
    fn sendQuery() -> ANY, variadic true = Request {}
    /// A message that asks a query.
    fn prepareQuery() -> ANY, variadic true = Request {}
    /// A message.
    fn generateMessage(options: MAP) -> MAP = Request {}
    /// The address that carries an invitation.
    fn createInviteUrl(base64: STRING) -> STRING = Request {}
    /// Adds labels to a channel.
    fn addLabelsToChannel(eci: STRING, labels: ARRAY) -> ANY = Request {}
}
