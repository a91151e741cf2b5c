namespace Sigrun.Persistence;

/// <summary>What is read is not RDB, or is damaged; nothing that was read before may be kept.</summary>
internal sealed class RdbFormatException(string message) : Exception(message);
