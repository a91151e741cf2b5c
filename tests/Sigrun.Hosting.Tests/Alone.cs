namespace Sigrun.Hosting.Tests;

/// <summary>Tests that measure time, allocation or collections: they run with no other test beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
