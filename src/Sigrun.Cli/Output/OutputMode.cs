namespace Sigrun.Cli.Output;

/// <summary>How replies are shown.</summary>
internal enum OutputMode
{
    /// <summary>For people: types and indexes are visible, bytes are quoted.</summary>
    Standard,

    /// <summary>The bytes of strings as they are.</summary>
    Raw,

    /// <summary>Values separated by commas.</summary>
    Csv,

    /// <summary>JSON, strings as they are.</summary>
    Json,

    /// <summary>JSON, strings in ASCII with escapes.</summary>
    QuotedJson,
}
