"""Uncounted is not zero, and boxes keep the units they were typed in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("supplychain", "0002_guest_links")]

    operations = [
        # safe-migrations: ignore SM029 -- the code before it reads null as nothing counted, too
        migrations.AlterField(
            model_name="shipmentitem",
            name="received",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="box",
            name="weight_unit",
            field=models.CharField(
                blank=True,
                choices=[("LB", "lb"), ("KG", "kg")],
                db_default="",
                default="",
                max_length=2,
            ),
        ),
        migrations.AddField(
            model_name="box",
            name="length_unit",
            field=models.CharField(
                blank=True,
                choices=[("IN", "in"), ("CM", "cm")],
                db_default="",
                default="",
                max_length=2,
            ),
        ),
        migrations.AlterField(
            model_name="box",
            name="carrier",
            field=models.CharField(blank=True, max_length=20),
        ),
    ]
