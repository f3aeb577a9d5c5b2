"""What a tag means, in Word and Excel alike: package, tags, marks, environment, compiler, faults, render."""
