"""Finding, fingerprinting and loading the files that a project names: models, LoRAs, ControlNets and the like."""
