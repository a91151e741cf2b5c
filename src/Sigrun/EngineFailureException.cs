namespace Sigrun;

/// <summary>
/// The engine's state cannot be trusted any more, or must be treated so: nobody catches this, the engine stops without
/// saving.
/// </summary>
internal sealed class EngineFailureException : Exception
{
    private EngineFailureException(string message, bool isAssertion)
        : base(message) => IsAssertion = isAssertion;

    /// <summary>True when a condition did not hold that always holds.</summary>
    public bool IsAssertion { get; }

    /// <summary>A failure for another reason than a condition.</summary>
    public static EngineFailureException Panic(string reason) => new(reason, isAssertion: false);

    /// <summary>A condition that did not hold.</summary>
    public static EngineFailureException Assertion(string condition) => new($"'{condition}' is not true", isAssertion: true);
}
