using Microsoft.Extensions.Options;

namespace Sigrun.Hosting;

/// <summary>Finds options that cannot be meant, before the host starts; what directives say is looked at by the server.</summary>
internal sealed class SigrunOptionsValidator : IValidateOptions<SigrunServerOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, SigrunServerOptions options)
    {
        List<string> failures = OptionsReader.Check(options);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
