namespace Sigrun.Protocol;

/// <summary>A violation of the protocol: answered with an error, after which the connection closes.</summary>
/// <param name="Text">The reply without its <c>ERR</c> code, as Valkey words it.</param>
/// <param name="LogText">Valkey's words for it in the log.</param>
public sealed record ProtocolError(string Text, string LogText)
{
    /// <summary>An inline request over 64 KB without an end of line.</summary>
    public static ProtocolError BigInline { get; } = new("Protocol error: too big inline request", "too big inline request");

    /// <summary>64 KB without an end to the number of arguments.</summary>
    public static ProtocolError BigMultibulkCount { get; } = new("Protocol error: too big mbulk count string", "too big mbulk count string");

    /// <summary>64 KB without an end to an argument's length.</summary>
    public static ProtocolError BigBulkCount { get; } = new("Protocol error: too big bulk count string", "too big bulk count string");

    /// <summary>A number of arguments that is not a number, or over 2^31−1.</summary>
    public static ProtocolError InvalidMultibulkLength { get; } = new("Protocol error: invalid multibulk length", "invalid mbulk count");

    /// <summary>A length that is not a number, negative, or over proto-max-bulk-len.</summary>
    public static ProtocolError InvalidBulkLength { get; } = new("Protocol error: invalid bulk length", "invalid bulk length");

    /// <summary>More than 10 arguments before authentication.</summary>
    public static ProtocolError UnauthenticatedMultibulk { get; } = new("Protocol error: unauthenticated multibulk length", "unauth mbulk count");

    /// <summary>An argument over 16 KB before authentication.</summary>
    public static ProtocolError UnauthenticatedBulk { get; } = new("Protocol error: unauthenticated bulk length", "unauth bulk length");

    /// <summary>An inline request whose quotes do not close.</summary>
    public static ProtocolError UnbalancedQuotes { get; } = new("Protocol error: unbalanced quotes in request", "unbalanced quotes in inline request");

    /// <summary>A line end that is not CR LF.</summary>
    public static ProtocolError InvalidLineEnd { get; } = new("Protocol error: invalid CRLF in request", "invalid CRLF in request");

    /// <summary>Something else where an argument's length has to start.</summary>
    public static ProtocolError ExpectedBulk(byte got) => new($"Protocol error: expected '$', got '{(char)got}'", "expected $ but got something else");
}
