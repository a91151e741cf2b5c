namespace Sigrun.Persistence;

/// <summary>What is read is not RDB, or is damaged; nothing that was read before may be kept.</summary>
internal class RdbFormatException(string message) : Exception(message);

/// <summary>What is read ends where more should follow.</summary>
internal sealed class RdbEndException() : RdbFormatException("Unexpected EOF reading RDB file");

/// <summary>A value has no elements: no key can have it. The value was read to its end.</summary>
internal sealed class RdbEmptyException(string message) : RdbFormatException(message);

/// <summary>A value, or something beside the values, that this server understands well enough to refuse it by name.</summary>
internal sealed class RdbUnsupportedException(string message) : RdbFormatException(message);
