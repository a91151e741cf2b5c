namespace System.Runtime.CompilerServices;

/// <summary>Lets records be compiled for .NET Standard, which lacks this type.</summary>
internal static class IsExternalInit;
